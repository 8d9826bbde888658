import { chmod, readFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { registerClient } from '../../src/registration/index.ts';
import { keptText, redirectUri } from '../support/registration.ts';
import { scriptInWorld } from '../support/script-in-world.ts';
import type { RunOptions } from '../support/scripts.ts';

jest.setTimeout(60_000);

const given = scriptInWorld('bootstrap');

const here = ['--redirect-uri', redirectUri];
const bootstrap = (args: readonly string[] = here, options?: RunOptions) => given.run(args, options);

describe('what it says', () => {
  test('registers, says what was saved and what comes next', async () => {
    const { code, stdout, stderr } = await bootstrap();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(given.world.env().LD_OAUTH_CLIENT_ID);
    expect(stdout).toContain('Next: ');
    expect(stdout).not.toContain('\u001b');
    expect(await given.world.secretWorks()).toBe(true);
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
      client: { clientId: given.world.env().LD_OAUTH_CLIENT_ID, redirectUri },
      envFile: given.world.envFile,
    });
    const failed = await bootstrap([...here, '--json'], {
      env: { LD_ACCESS_TOKEN: given.world.readerToken },
    });
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'forbidden' } });
  });

  test('--dry-run changes nothing and says what would be done', async () => {
    const { code, stdout } = await bootstrap([...here, '--dry-run']);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Would have registered'),
    });
    expect(await readFile(given.world.envFile, 'utf8')).toBe(keptText);
    expect(await given.world.clients()).toEqual([]);
  });

  test('says that a file which others could read is private now', async () => {
    await chmod(given.world.envFile, 0o644);
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
    expect(given.world.proxy.seen()).toEqual([]);
  });

  test('no token, and nobody to ask for it', async () => {
    const { code, stderr } = await bootstrap(here, { env: { LD_ACCESS_TOKEN: undefined } });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('LD_ACCESS_TOKEN') });
  });

  test('something destructive, and nobody to ask', async () => {
    await registerClient(given.world.options());
    const before = await readFile(given.world.envFile, 'utf8');
    const { code, stderr } = await bootstrap([...here, '--rotate']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await readFile(given.world.envFile, 'utf8')).toBe(before);
    expect((await bootstrap([...here, '--rotate', '--yes'])).code).toBe(0);
    expect(await given.world.clients()).toHaveLength(1);
    expect(await given.world.secretWorks()).toBe(true);
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
