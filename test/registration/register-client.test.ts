import { readFile, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import type { RegistrationWorld } from '../support/registration.ts';
import { keptText, redirectUri, registrationWorld } from '../support/registration.ts';

let world: RegistrationWorld;
beforeEach(async () => {
  world = await registrationWorld();
});
afterEach(() => world.close());

describe('nothing in the env file', () => {
  test('registers, saves everything the app needs, and keeps every other line', async () => {
    const { action, client, written } = await registerClient(world.options());
    expect(action).toBe('registered');
    expect(await world.clients()).toEqual([client]);
    expect(client?.description).not.toContain('unfinished');
    expect(world.env()).toMatchObject({
      LD_OAUTH_CLIENT_ID: client?.clientId,
      LD_OAUTH_REDIRECT_URI: redirectUri,
      LD_ACCOUNT_ID: client?.accountId,
      LD_BASE_URI: world.proxy.url,
      SESSION_SECRET: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(written).toHaveLength(6);
    expect(await world.secretWorks()).toBe(true);
    expect(await world.otherLines()).toBe(keptText);
    expect(await readFile(world.envFile, 'utf8')).toMatch(/^# my settings\r\n.*\r\n$/s);
    if (process.platform !== 'win32') expect((await stat(world.envFile)).mode & 0o777).toBe(0o600);
    expect(await world.files()).toEqual(['.env', '.env.lock']);
  });

  test('asks for everything that can fail before it registers', async () => {
    await registerClient(world.options());
    expect(world.proxy.seen()).toEqual([
      'GET /api/v2/caller-identity',
      'GET /api/v2/oauth/clients',
      'POST /api/v2/oauth/clients',
      expect.stringMatching(/^PATCH /),
    ]);
  });

  test('keeps a session secret that is good, and replaces a placeholder', async () => {
    const good = 'q8Zr3xV1nB6mK0pL5sD9fG2hJ7wE4tYcUaIoPzXvNbM';
    await writeFile(world.envFile, `SESSION_SECRET=${good}\n`);
    await registerClient(world.options());
    expect(world.env().SESSION_SECRET).toBe(good);
    await writeFile(world.envFile, 'SESSION_SECRET=change-me\n');
    await registerClient(world.options());
    expect(world.env().SESSION_SECRET).toMatch(/^[\w-]{43}$/);
  });

  test('names and descriptions in any script arrive as they are', async () => {
    const name = '登录 "ログイン" דיווח 🚀 \\ \' & <b>';
    const description = 'Ünïcödé — "quotes" 👩‍👩‍👧‍👦 and\ttabs';
    const { client } = await registerClient(world.options({ name, description }));
    expect(client).toMatchObject({ name, description });
    expect(await world.clients()).toEqual([client]);
  });

  test('an empty description stays empty', async () => {
    await registerClient(world.options({ description: '' }));
    expect(await world.clients()).toMatchObject([{ description: '' }]);
  });

  test('says when a client of the same name and redirect URI is there already', async () => {
    await registerClient(world.options());
    await writeFile(world.envFile, '');
    await registerClient(world.options());
    expect(world.told.join()).toContain('has the same name and redirect URI already');
    expect(await world.clients()).toHaveLength(2);
  });
});

describe('id and secret in the env file', () => {
  beforeEach(async () => {
    await registerClient(world.options());
  });

  test('all equal: nothing is sent but the GET, and nothing is written', async () => {
    const before = await stat(world.envFile, { bigint: true });
    const sent = world.proxy.seen().length;
    const { action, client } = await registerClient(world.options());
    expect(action).toBe('unchanged');
    expect(world.proxy.seen().slice(sent)).toEqual([`GET /api/v2/oauth/clients/${client?.clientId}`]);
    expect(await stat(world.envFile, { bigint: true })).toMatchObject({
      ino: before.ino,
      mtimeNs: before.mtimeNs,
    });
  });

  test('what the file lost otherwise is filled in', async () => {
    const { LD_OAUTH_CLIENT_ID: id, LD_OAUTH_CLIENT_SECRET: secret } = world.env();
    await writeFile(world.envFile, `LD_OAUTH_CLIENT_ID=${id}\nLD_OAUTH_CLIENT_SECRET=${secret}\n`, {
      mode: 0o600,
    });
    const { written } = await registerClient(world.options());
    expect(written).toEqual(['LD_OAUTH_REDIRECT_URI', 'LD_ACCOUNT_ID', 'LD_BASE_URI', 'SESSION_SECRET']);
  });

  test('something differs: patches just that', async () => {
    const uri = 'https://other.example.test/cb';
    const { action, changes } = await registerClient(world.options({ redirectUri: uri }));
    expect(action).toBe('updated');
    expect(changes).toEqual([{ field: 'redirectUri', from: redirectUri, to: uri }]);
    expect(await world.clients(uri)).toHaveLength(1);
    expect(world.env().LD_OAUTH_REDIRECT_URI).toBe(uri);
    expect(JSON.parse(world.proxy.requests.at(-1)?.body ?? '')).toEqual([
      { op: 'replace', path: '/redirectUri', value: uri },
    ]);
  });

  test('404: asks, and registers again', async () => {
    const [old] = await world.clients();
    await world.options().launchDarkly.deleteOAuth2Client({ apiToken: world.adminToken }, old?.clientId ?? '');
    await expect(registerClient(world.options({ confirm: async () => false }))).rejects.toMatchObject({
      reason: 'declined',
    });
    expect(await world.clients()).toEqual([]);
    expect(await registerClient(world.options())).toMatchObject({ action: 'registered' });
    expect(world.asked.join()).toContain(old?.clientId);
    expect(await world.clients()).toHaveLength(1);
    expect(await world.secretWorks()).toBe(true);
  });

  test('--rotate replaces the client, keeping name and description', async () => {
    const [old] = await world.clients();
    const { action, client } = await registerClient(world.options({ rotate: true }));
    expect(action).toBe('rotated');
    expect(client).toMatchObject({ name: old?.name, description: old?.description });
    expect(client?.clientId).not.toBe(old?.clientId);
    expect(await world.clients()).toEqual([client]);
    expect(await world.secretWorks()).toBe(true);
  });

  test('--rotate that keeps the old one leaves both', async () => {
    await registerClient(world.options({ rotate: true, keepOld: true }));
    expect(await world.clients()).toHaveLength(2);
    expect(await world.secretWorks()).toBe(true);
  });
});

describe('id without secret', () => {
  beforeEach(async () => {
    await registerClient(world.options());
    const text = await readFile(world.envFile, 'utf8');
    await writeFile(world.envFile, text.replace(/^LD_OAUTH_CLIENT_SECRET=.*$/m, 'LD_OAUTH_CLIENT_SECRET='));
  });

  test('explains that a secret is shown once, and changes nothing', async () => {
    await expect(registerClient(world.options())).rejects.toMatchObject({
      reason: 'secret_missing',
      message: expect.stringMatching(/shows a secret once.*--rotate/s),
    });
    expect(await world.clients()).toHaveLength(1);
  });

  test('--rotate fixes it', async () => {
    await registerClient(world.options({ rotate: true }));
    expect(await world.clients()).toHaveLength(1);
    expect(await world.secretWorks()).toBe(true);
  });
});

test('a secret without an id is not overwritten unasked', async () => {
  await writeFile(world.envFile, 'LD_OAUTH_CLIENT_SECRET=precious\n');
  await expect(registerClient(world.options({ confirm: async () => false }))).rejects.toMatchObject({
    reason: 'declined',
  });
  expect(world.env()).toEqual({ LD_OAUTH_CLIENT_SECRET: 'precious' });
});

describe('a dry run', () => {
  test.each([{}, { rotate: true }, { name: 'Another name' }])(
    '%j sends reads only and writes nothing',
    async (changes) => {
      for (const prepare of [() => undefined, () => registerClient(world.options())]) {
        await prepare();
        const before = await readFile(world.envFile, 'utf8');
        const sent = world.proxy.seen().length;
        const files = await world.files();
        expect(await registerClient(world.options({ ...changes, dryRun: true }))).toMatchObject({
          dryRun: true,
        });
        expect(
          world.proxy
            .seen()
            .slice(sent)
            .filter((line) => !line.startsWith('GET ')),
        ).toEqual([]);
        expect(await readFile(world.envFile, 'utf8')).toBe(before);
        expect(await world.files()).toEqual(files);
      }
    },
  );
});

describe('the wrong kind of key is named and never sent', () => {
  test.each([
    ['an SDK key', 'sdk-11111111-2222-3333-4444-555555555555'],
    ['a mobile key', 'mob-11111111-2222-3333-4444-555555555555'],
    ['a client-side id', '5f3e9c2b1a0d4e7f8c6b5a49'],
    ['a Relay Proxy key', 'rel-11111111-2222-3333-4444-555555555555'],
    ['the word "Bearer"', 'Bearer api-11111111-2222-3333-4444-555555555555'],
  ])('%s', async (kind, apiToken) => {
    const refused = registerClient(world.options({ apiToken }));
    await expect(refused).rejects.toMatchObject({
      reason: 'wrong_token',
      message: expect.stringContaining(kind),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(apiToken) });
    expect(world.proxy.seen()).toEqual([]);
  });
});

test('a Reader’s token is refused before anything is registered or written', async () => {
  const { readerToken: apiToken } = world;
  await expect(registerClient(world.options({ apiToken }))).rejects.toMatchObject({ reason: 'forbidden' });
  expect(world.proxy.seen().filter((line) => line.startsWith('POST'))).toEqual([]);
  expect(await readFile(world.envFile, 'utf8')).toBe(keptText);
});

test('an env file that cannot take the secret is refused before anything is registered', async () => {
  await writeFile(world.envFile, 'SESSION_SECRET=a\nSESSION_SECRET=b\n');
  await expect(registerClient(world.options())).rejects.toMatchObject({ reason: 'duplicate' });
  expect(world.proxy.seen().filter((line) => line.startsWith('POST'))).toEqual([]);
});

test('two runs at once register one client, and the second finds it', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => registerClient(world.options())));
  expect(runs.map(({ action }) => action).sort()).toEqual(['registered', 'unchanged', 'unchanged']);
  expect(await world.clients()).toHaveLength(1);
  expect(await world.secretWorks()).toBe(true);
  expect(world.told.join()).toContain('Waiting for another run');
});
