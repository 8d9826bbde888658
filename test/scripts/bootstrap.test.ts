import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { registerClient } from '../../src/registration/index.ts';
import { follow } from '../support/program.ts';
import type { RegistrationWorld } from '../support/registration.ts';
import { keptText, redirectUri, registrationWorld } from '../support/registration.ts';
import type { RunOptions, Scripts } from '../support/scripts.ts';
import { compileScripts, environment, expectNoSecrets, secretsOf } from '../support/scripts.ts';
import { describeWith } from '../support/when-installed.ts';

jest.setTimeout(60_000);

let scripts: Scripts;
let world: RegistrationWorld;
beforeAll(async () => {
  scripts = await compileScripts('bootstrap');
});
afterAll(() => scripts.remove());
beforeEach(async () => {
  world = await registrationWorld();
});
afterEach(() => world.close());

const here = ['--redirect-uri', redirectUri];
const bootstrap = (args: readonly string[] = here, options?: RunOptions) =>
  scripts.run(world, 'bootstrap', args, options);

describe('what it says', () => {
  test('registers, says what was saved and what comes next', async () => {
    const { code, stdout, stderr } = await bootstrap();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(world.env().LD_OAUTH_CLIENT_ID);
    expect(stdout).toContain('Next: ');
    expect(stdout).not.toContain('\u001b');
    expect(await world.secretWorks()).toBe(true);
  });

  test('says so when all is as it should be, and changes what differs', async () => {
    await bootstrap();
    expect(await bootstrap()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Already registered'),
    });
    const { stdout } = await bootstrap([...here, '--name', 'Zwei\u001b[31m']);
    expect(stdout).toContain('name: "Log in with LaunchDarkly (app.example.test)" -> "Zwei\\u001b[31m"');
  });

  test('--json is one document on stdout, also for a failure', async () => {
    const done = await bootstrap([...here, '--json']);
    expect(JSON.parse(done.stdout)).toMatchObject({
      action: 'registered',
      client: { clientId: world.env().LD_OAUTH_CLIENT_ID, redirectUri },
      envFile: world.envFile,
    });
    const failed = await bootstrap([...here, '--json'], { env: { LD_ACCESS_TOKEN: world.readerToken } });
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'forbidden' } });
  });

  test('--dry-run changes nothing and says what would be done', async () => {
    const { code, stdout } = await bootstrap([...here, '--dry-run']);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Would have registered'),
    });
    expect(await readFile(world.envFile, 'utf8')).toBe(keptText);
    expect(await world.clients()).toEqual([]);
  });

  test('says that a file which others could read is private now', async () => {
    await chmod(world.envFile, 0o644);
    expect((await bootstrap()).stderr).toContain('0644');
  });

  test('says when the environment wins over what was saved', async () => {
    const { stderr } = await bootstrap(here, { env: { LD_OAUTH_CLIENT_ID: 'another' } });
    expect(stderr).toContain('LD_OAUTH_CLIENT_ID');
  });
});

describe('a wrong call exits 2 and says what would be right', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown option', ['--redirect'], /--redirect.*--help/s],
    ['an option without its value', ['--name'], /--name/],
    ['an argument', ['api-00000000-1111-2222-3333-444444444444'], /Only options/],
    ['an empty name', ['--name', ''], /--name/],
    ['an illegal redirect URI', ['--redirect-uri', 'http://app.example.test/cb'], /must begin with https/],
  ])('%s', async (_, args, says) => {
    const { code, stdout, stderr } = await bootstrap(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/api-0000|^\s+at /m);
    expect(world.proxy.seen()).toEqual([]);
  });

  test('no token, and nobody to ask for it', async () => {
    const { code, stderr } = await bootstrap(here, { env: { LD_ACCESS_TOKEN: undefined } });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('LD_ACCESS_TOKEN') });
  });

  test('something destructive, and nobody to ask', async () => {
    await registerClient(world.options());
    const before = await readFile(world.envFile, 'utf8');
    const { code, stderr } = await bootstrap([...here, '--rotate']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await readFile(world.envFile, 'utf8')).toBe(before);
    expect((await bootstrap([...here, '--rotate', '--yes'])).code).toBe(0);
    expect(await world.clients()).toHaveLength(1);
    expect(await world.secretWorks()).toBe(true);
  });

  test('--help exits 0', async () => {
    const { code, stdout } = await bootstrap(['--help']);
    expect(code).toBe(0);
    for (const flag of [
      'name',
      'description',
      'redirect-uri',
      'env-file',
      'dry-run',
      'rotate',
      'yes',
      'json',
    ]) {
      expect(stdout).toContain(`--${flag}`);
    }
  });
});

describe('a failure says what LaunchDarkly said, what it likely means, and what to do', () => {
  test.each<[number, string, RegExp]>([
    [
      400,
      '{"code":"invalid_request","message":"validation failed","errors":[{"attribute":"redirectUri","reason":"must be https"}]}',
      /must be https.*redirect URI/s,
    ],
    [
      401,
      '{"code":"unauthorized","message":"Invalid account ID header"}',
      /Invalid account ID header.*another LaunchDarkly instance.*LD_BASE_URI/s,
    ],
    [401, '', /401.*expired/s],
    [403, '{"code":"forbidden","message":"Forbidden."}', /Forbidden.*role.*Admin/s],
    [
      404,
      '{"code":"not_found","message":"Invalid resource identifier"}',
      /Invalid resource identifier.*instance/s,
    ],
    [409, '{"code":"optimistic_locking_error","message":"Conflict."}', /Conflict.*again/s],
    [500, '<h1>oops</h1>', /500.*again/s],
  ])('%d %s', async (status, body, says) => {
    world.proxy.fail(/^POST/, { acts: false, answer: { status, body } });
    const { code, stderr, stdout } = await bootstrap();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    await registerClient(world.options());
    expect(await world.clients()).toHaveLength(1);
  });

  test('an answer that repeats the token does not get it printed', async () => {
    const body = JSON.stringify({ code: 'x', message: `bad token ${world.adminToken}` });
    world.proxy.fail(/./, { acts: false, answer: { status: 400, body } }, 9);
    expect((await bootstrap()).code).toBe(1);
  });

  test('an answer with the secret in it that makes no sense does not get it printed', async () => {
    const answer = ({ status, body = '' }: { status: number; body?: string }) => {
      leaked = /"_clientSecret":"([^"]+)"/.exec(body)?.[1] ?? '';
      return { status, body: body.slice(1) };
    };
    let leaked = '';
    world.proxy.fail(/^POST/, { acts: true, answer });
    const { code, stdout, stderr } = await bootstrap();
    expect(code).toBe(1);
    expect(leaked).not.toBe('');
    expectNoSecrets(stdout + stderr, [leaked]);
    expect(await world.clients()).toEqual([]);
  });

  test.each<[string, () => Promise<void>, RegExp]>([
    [
      'a folder in place of the env file',
      async () => {
        await rm(world.envFile);
        await mkdir(world.envFile);
      },
      /folder in its place/,
    ],
    ['a read-only env file', () => chmod(world.envFile, 0o400), /chmod u\+w/],
    [
      'a name set twice',
      () => writeFile(world.envFile, 'SESSION_SECRET=\nSESSION_SECRET=\n'),
      /lines 1 and 2/,
    ],
  ])('%s: nothing is registered', async (_, prepare, says) => {
    await prepare();
    const { code, stderr } = await bootstrap();
    expect(code).toBe(1);
    expect(stderr).toMatch(says);
    expect(await world.clients()).toEqual([]);
  });
});

test('an env file where nothing can be written: says so, and registers nothing', async () => {
  const nowhere = '/sys/nowhere/.env';
  const { code, stderr } = await bootstrap([...here, '--env-file', nowhere]);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written') });
  expect(await world.clients()).toEqual([]);
});

describe('what happens to the process', () => {
  test('no process list ever shows the token', async () => {
    let pid = 0;
    const titles: Promise<string>[] = [];
    world.proxy.watch(() => {
      titles.push(readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    });
    await bootstrap(here, { meanwhile: (child) => (pid = child.pid ?? 0) });
    expect(titles).toHaveLength(8);
    expectNoSecrets((await Promise.all(titles)).join(), await secretsOf(world));
  });

  test('Ctrl-C while LaunchDarkly registers: the secret is saved first', async () => {
    let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
    world.proxy.watch((moment, { method }) => {
      if (moment === 'arrived' && method === 'POST') child?.kill('SIGINT');
    });
    const { code, stderr } = await bootstrap(here, { meanwhile: (running) => (child = running) });
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('Stopping') });
    expect(await world.secretWorks()).toBe(true);
    expect(await world.files()).toEqual(['.env', '.env.lock']);
  });

  test('Ctrl-C before: nothing is registered', async () => {
    let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
    world.proxy.watch((moment, { path: at }) => {
      if (moment === 'arrived' && at.includes('caller-identity')) child?.kill('SIGINT');
    });
    expect((await bootstrap(here, { meanwhile: (running) => (child = running) })).code).toBe(130);
    expect(await world.clients()).toEqual([]);
    expect(await readFile(world.envFile, 'utf8')).toBe(keptText);
  });

  test('nobody reads what it says any more: the secret is saved all the same', async () => {
    const child = scripts.start(world, 'bootstrap', here);
    child.stdout?.destroy();
    child.stderr?.destroy();
    expect(await follow(child).ended).toBe(0);
    expect(await world.secretWorks()).toBe(true);
  });

  test('three at once register one client', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => bootstrap([...here, '--json'])));
    expect(runs.map(({ stdout }) => JSON.parse(stdout).action).sort()).toEqual([
      'registered',
      'unchanged',
      'unchanged',
    ]);
    expect(await world.clients()).toHaveLength(1);
  });

  test('killed after a random time, twelve times, then run again: one client that works', async () => {
    for (let round = 0; round < 12; round++) {
      const child = scripts.start(world, 'bootstrap', [...here, '--rotate', '--yes']);
      const timer = setTimeout(() => child.kill('SIGKILL'), 100 + Math.random() * 400);
      await follow(child).ended;
      clearTimeout(timer);
    }
    expect((await bootstrap([...here, '--yes'])).code).toBe(0);
    expect(await world.clients()).toHaveLength(1);
    expect(await world.secretWorks()).toBe(true);
    expect(await world.otherLines()).toBe(keptText);
  });
});

describeWith('script', 'bsdutils', 'on a terminal', (script) => {
  /** Runs it on a terminal of its own, types the answers when it asks, and gives back what was on the screen. */
  async function onTerminal(
    args: readonly string[],
    answers: readonly string[],
    env: RunOptions['env'] = {},
  ) {
    const { spawn } = await import('node:child_process');
    const command = scripts
      .commandLine(world, 'bootstrap', args)
      .map((part) => `'${part}'`)
      .join(' ');
    const onMacOs = process.platform === 'darwin';
    const call = onMacOs ? ['-q', '/dev/null', '/bin/sh', '-c', command] : ['-qec', command, '/dev/null'];
    const child = spawn(script, call, {
      cwd: world.folder,
      env: { ...environment(world, env), TERM: 'xterm', SHELL: '/bin/sh' },
    });
    const program = follow(child);
    for (const answer of answers) {
      const before = program.stdout.length;
      await program.prints(new RegExp(`^[\\s\\S]{${before},}(not saved|y/N)`));
      child.stdin.write(answer);
    }
    return { code: await program.ended, screen: program.stdout };
  }

  test('asks for the token and does not show it', async () => {
    const { code, screen } = await onTerminal(here, [`${world.adminToken}\r`], {
      LD_ACCESS_TOKEN: undefined,
    });
    expect(code).toBe(0);
    expectNoSecrets(screen, await secretsOf(world));
    expect(await world.secretWorks()).toBe(true);
  });

  test('asks before it replaces the client, and no means no', async () => {
    await registerClient(world.options());
    const before = await readFile(world.envFile, 'utf8');
    const refused = await onTerminal([...here, '--rotate'], ['n\r']);
    expect(refused.code).toBe(1);
    expect(refused.screen).toContain('Replace "Log in with LaunchDarkly');
    expect(await readFile(world.envFile, 'utf8')).toBe(before);
    expect((await onTerminal([...here, '--rotate'], ['y\r'])).code).toBe(0);
    expect(await readFile(world.envFile, 'utf8')).not.toBe(before);
    expect(await world.clients()).toHaveLength(1);
  });

  test('shows that it is waiting, in colour unless NO_COLOR is set, and takes it away again', async () => {
    const shown = await onTerminal(here, []);
    expect(shown.screen).toMatch(/Asking LaunchDarkly …[^\n]*\r/);
    expect(shown.screen).toContain('\u001b[2mAsking');
    const plain = await onTerminal(here, [], { NO_COLOR: '1' });
    expect(plain.screen).toContain('Asking LaunchDarkly');
    expect(plain.screen).not.toContain('\u001b[2m');
  });

  test('Ctrl-C at a question changes nothing', async () => {
    expect((await onTerminal(here, ['\u0003'], { LD_ACCESS_TOKEN: undefined })).code).toBe(130);
    expect(await readFile(world.envFile, 'utf8')).toBe(keptText);
  });
});
