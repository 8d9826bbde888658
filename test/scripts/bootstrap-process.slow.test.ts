import { readFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import { follow } from '../support/program.ts';
import { keptText, redirectUri } from '../support/registration.ts';
import { scriptInWorld } from '../support/script-in-world.ts';
import type { RunOptions } from '../support/scripts.ts';
import { environment, expectNoSecrets, secretsOf } from '../support/scripts.ts';
import { describeWith } from '../support/when-installed.ts';

jest.setTimeout(60_000);

const given = scriptInWorld('bootstrap');

const here = ['--redirect-uri', redirectUri];
const bootstrap = (args: readonly string[] = here, options?: RunOptions) => given.run(args, options);

describe('what happens to the process', () => {
  test('no process list ever shows the token', async () => {
    let pid = 0;
    const titles: Promise<string>[] = [];
    given.world.proxy.watch(() => {
      titles.push(readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    });
    await bootstrap(here, { meanwhile: (child) => (pid = child.pid ?? 0) });
    expect(titles).toHaveLength(8);
    expectNoSecrets((await Promise.all(titles)).join(), await secretsOf(given.world));
  });

  test('Ctrl-C while LaunchDarkly registers: the secret is saved first', async () => {
    let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
    given.world.proxy.watch((moment, { method }) => {
      if (moment === 'arrived' && method === 'POST') child?.kill('SIGINT');
    });
    const { code, stderr } = await bootstrap(here, { meanwhile: (running) => (child = running) });
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('Stopping') });
    expect(await given.world.secretWorks()).toBe(true);
    expect(await given.world.files()).toEqual(['.env', '.env.lock']);
  });

  test('Ctrl-C before: nothing is registered', async () => {
    let child: { kill(signal: NodeJS.Signals): boolean } | undefined;
    given.world.proxy.watch((moment, { path: at }) => {
      if (moment === 'arrived' && at.includes('caller-identity')) child?.kill('SIGINT');
    });
    expect((await bootstrap(here, { meanwhile: (running) => (child = running) })).code).toBe(130);
    expect(await given.world.clients()).toEqual([]);
    expect(await readFile(given.world.envFile, 'utf8')).toBe(keptText);
  });

  test('nobody reads its output: the secret is saved anyway', async () => {
    const child = given.start(here);
    child.stdout?.destroy();
    child.stderr?.destroy();
    expect(await follow(child).ended).toBe(0);
    expect(await given.world.secretWorks()).toBe(true);
  });

  test('three at once register one client', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => bootstrap([...here, '--json'])));
    expect(runs.map(({ stdout }) => JSON.parse(stdout).action).sort()).toEqual([
      'registered',
      'unchanged',
      'unchanged',
    ]);
    expect(await given.world.clients()).toHaveLength(1);
  });

  test('killed after a random time, twelve times, then run again: one client that works', async () => {
    for (let round = 0; round < 12; round++) {
      const child = given.start([...here, '--rotate', '--yes']);
      const timer = setTimeout(() => child.kill('SIGKILL'), 100 + Math.random() * 400);
      await follow(child).ended;
      clearTimeout(timer);
    }
    expect((await bootstrap([...here, '--yes'])).code).toBe(0);
    expect(await given.world.clients()).toHaveLength(1);
    expect(await given.world.secretWorks()).toBe(true);
    expect(await given.world.otherLines()).toBe(keptText);
  });
});

describeWith('script', 'bsdutils', 'on a terminal', (script) => {
  /** Runs it on a terminal of its own, types the answers when it asks, and gives back what was on the screen. */
  async function onTerminal(args: readonly string[], answers: readonly string[], env: RunOptions['env'] = {}) {
    const { spawn } = await import('node:child_process');
    const command = given
      .commandLine(args)
      .map((part) => `'${part}'`)
      .join(' ');
    const onMacOs = process.platform === 'darwin';
    const call = onMacOs ? ['-q', '/dev/null', '/bin/sh', '-c', command] : ['-qec', command, '/dev/null'];
    const child = spawn(script, call, {
      cwd: given.world.folder,
      env: { ...environment(given.world, env), TERM: 'xterm', SHELL: '/bin/sh' },
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
    const { code, screen } = await onTerminal(here, [`${given.world.adminToken}\r`], {
      LD_ACCESS_TOKEN: undefined,
    });
    expect(code).toBe(0);
    expectNoSecrets(screen, await secretsOf(given.world));
    expect(await given.world.secretWorks()).toBe(true);
  });

  test('asks before it replaces the client, and no means no', async () => {
    await registerClient(given.world.options());
    const before = await readFile(given.world.envFile, 'utf8');
    const refused = await onTerminal([...here, '--rotate'], ['n\r']);
    expect(refused.code).toBe(1);
    expect(refused.screen).toContain('Replace "Log in with LaunchDarkly');
    expect(await readFile(given.world.envFile, 'utf8')).toBe(before);
    expect((await onTerminal([...here, '--rotate'], ['y\r'])).code).toBe(0);
    expect(await readFile(given.world.envFile, 'utf8')).not.toBe(before);
    expect(await given.world.clients()).toHaveLength(1);
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
    expect(await readFile(given.world.envFile, 'utf8')).toBe(keptText);
  });
});
