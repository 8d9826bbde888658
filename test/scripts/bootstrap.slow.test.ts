import { appendFile, chmod, readFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import type { Substitute } from '../support/flaky-proxy.ts';
import { keptText, redirectUri } from '../support/registration.ts';
import { scriptInWorld } from '../support/script-in-world.ts';
import type { RunOptions } from '../support/scripts.ts';

jest.setTimeout(60_000);

const given = scriptInWorld('bootstrap');

const here = ['--redirect-uri', redirectUri];
const bootstrap = (args: readonly string[] = here, options?: RunOptions) => given.run(args, options);

/** LaunchDarkly's own answer with one field changed. */
function changed(field: string, value: string) {
  return ({ status, body = '' }: Substitute) => ({
    status,
    body: JSON.stringify({ ...JSON.parse(body), [field]: value }),
  });
}

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

  test('--redirect-uri wins over the environment and over the env file', async () => {
    await appendFile(given.world.envFile, 'LD_OAUTH_REDIRECT_URI=https://file.example.test/cb\r\n');
    const { code } = await bootstrap(here, {
      env: { LD_OAUTH_REDIRECT_URI: 'https://environment.example.test/cb' },
    });
    expect(code).toBe(0);
    expect(given.world.env().LD_OAUTH_REDIRECT_URI).toBe(redirectUri);
    expect(await given.world.clients(redirectUri)).toHaveLength(1);
  });

  test('--base-uri says where to register, for shells that cannot set a variable for one command, and is saved', async () => {
    const LD_BASE_URI = 'http://127.0.0.1:9';
    const { code } = await bootstrap([...here, '--base-uri', given.world.proxy.url], { env: { LD_BASE_URI } });
    expect(code).toBe(0);
    expect(await readFile(given.world.envFile, 'utf8')).toContain(`LD_BASE_URI=${given.world.proxy.url}`);
  });

  test('what LaunchDarkly answers cannot move the cursor or forge a line', async () => {
    await bootstrap();
    const hostile = 'x\u001b]0;title\u0007\u001b[1A\u202e\u061c\u2028\n✓ Everything is fine\ud83d';
    given.world.proxy.fail(
      /clients/,
      {
        acts: true,
        answer: ({ status, body = '' }) => ({
          status,
          body: JSON.stringify({ ...JSON.parse(body), name: hostile, _accountId: 'account' }),
        }),
      },
      9,
    );
    const { stdout } = await bootstrap();
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|[\p{Cs}\p{Bidi_Control}\u2028]/u);
    expect(stdout).not.toMatch(/^✓/m);
    const answer = JSON.parse((await bootstrap([...here, '--json'])).stdout);
    expect(answer.client.name).toBe(hostile);
  });

  test.each([
    ['redirectUri', 'https://app.example.test/auth/callback/', /another redirect URI .*callback\/" instead of/],
    ['name', 'Renamed', /another name .*"Renamed" instead of/],
    ['_accountId', 'somebody-elses', /another account .*"somebody-elses" instead of/],
  ])('says when LaunchDarkly answers with another %s than it was sent', async (field, value, says) => {
    given.world.proxy.fail(/^POST/, { acts: true, answer: changed(field, value) });
    const { code, stderr } = await bootstrap();
    expect([code, stderr]).toEqual([0, expect.stringMatching(says)]);
  });

  test('says so too when it was asked to change a client', async () => {
    await bootstrap();
    given.world.proxy.fail(/^PATCH/, { acts: true, answer: changed('name', 'Renamed') });
    const { code, stderr } = await bootstrap([...here, '--name', 'Wanted']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/another name .*"Renamed" instead of "Wanted"/)]);
  });

  test.each([
    ['redirectUri', 'string'],
    ['redirectUri', 'https://app.example.test/auth/login'],
    ['_clientId', 'tab\tinside'],
    ['_clientSecret', 'geheim-é-geheim'],
    ['_accountId', 'two words'],
  ])('an answer whose %s the app could not use (%j): nothing is saved, nothing is left over', async (field, value) => {
    given.world.proxy.fail(/^POST/, { acts: true, answer: changed(field, value) });
    const { code, stderr } = await bootstrap();
    expect(code).toBe(1);
    expect(stderr).toMatch(/that the app cannot use/);
    expect(stderr).not.toContain('geheim');
    expect(await given.world.otherLines()).toBe(await readFile(given.world.envFile, 'utf8'));
    expect((await bootstrap()).code).toBe(0);
    expect(await given.world.clients()).toHaveLength(1);
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
    ['an argument', ['api-00000000-1111-2222-3333-444444444444'], /Unexpected argument/],
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
    for (const flag of ['name', 'description', 'redirect-uri', 'env-file', 'dry-run', 'rotate', 'yes', 'json']) {
      expect(stdout).toContain(`--${flag}`);
    }
  });
});
