import { readFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import type { Substitute } from '../support/flaky-proxy.ts';
import { keptText, redirectUri, registrationWorld } from '../support/registration.ts';
import { scriptInWorld } from '../support/script-in-world.ts';

jest.setTimeout(60_000);

const given = scriptInWorld('clients', async () => {
  const made = await registrationWorld();
  await registerClient(made.options());
  return made;
});

const clients = (...args: string[]) => given.run(args);
const ownId = () => given.world.env().LD_OAUTH_CLIENT_ID ?? '';

async function another(name = 'Another', uri = 'https://another.example.test/cb'): Promise<string> {
  const input = { name, redirectUri: uri, description: '' };
  const { clientId } = await given.world
    .options()
    .launchDarkly.createOAuth2Client({ apiToken: given.world.adminToken }, input);
  return clientId;
}

describe('list', () => {
  test('lists every client and marks the one in the env file', async () => {
    await another('登录 "ログイン" 🚀');
    const { code, stdout } = await clients('list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\* .*Log in with LaunchDarkly \(app\.example\.test\)/m);
    expect(stdout).toMatch(/^ {2}登录 "ログイン" 🚀$/m);
    expect(JSON.parse((await clients('list', '--json')).stdout)).toMatchObject({
      clients: [{ clientId: ownId(), inUse: true, unfinished: false }, { inUse: false }],
    });
  });

  test('follows three pages', async () => {
    for (const name of ['two', 'three', 'four', 'five']) await another(name);
    const page = (from: number, next?: string) => (own: Substitute) => {
      const { items } = JSON.parse(own.body ?? '');
      const links = next ? { next: { href: next } } : {};
      return { status: 200, body: JSON.stringify({ items: items.slice(from, from + 2), _links: links }) };
    };
    const path = '/api/v2/oauth/clients';
    given.world.proxy.fail(/clients$/, { acts: true, answer: page(0, `${path}?p=2`) });
    given.world.proxy.fail(/p=2$/, { acts: true, answer: page(2, `${given.world.proxy.url}${path}?p=3`) });
    given.world.proxy.fail(/p=3$/, { acts: true, answer: page(4) });
    const { stdout } = await clients('list', '--json');
    expect(JSON.parse(stdout).clients.map(({ name }: { name: string }) => name)).toEqual([
      expect.stringContaining('Log in'),
      'two',
      'three',
      'four',
      'five',
    ]);
  });

  test.each([
    ['leaves LaunchDarkly', 'https://elsewhere.example/api/v2/oauth/clients', /leaves LaunchDarkly|next page/],
    ['goes round in a circle', '/api/v2/oauth/clients', /do not end|next page|pages/],
  ])('a next page that %s is refused, and the token goes nowhere else', async (_, href, says) => {
    const body = JSON.stringify({ items: [], _links: { next: { href } } });
    given.world.proxy.fail(/clients$/, { acts: false, answer: { status: 200, body } }, 9);
    const { code, stderr } = await clients('list');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(says) });
  });

  test('marks a registration that did not finish', async () => {
    await another('Half [x]');
    const description = '[unfinished registration 00000000-0000-4000-8000-000000000000]';
    const id = await another('Half');
    await given.world
      .options()
      .launchDarkly.patchOAuth2Client({ apiToken: given.world.adminToken }, id, { description });
    expect((await clients('list')).stdout).toMatch(/Half {2}unfinished registration/);
  });
});

describe('show', () => {
  test('shows the client of the env file, or another', async () => {
    expect((await clients('show')).stdout).toContain(ownId());
    const id = await another();
    expect(JSON.parse((await clients('show', id, '--json')).stdout)).toMatchObject({
      client: { clientId: id },
    });
  });

  test('an unknown id: says so and how to find others', async () => {
    const { code, stderr } = await clients('show', 'no-such-id');
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/404.*clients -- list/s),
    });
  });
});

describe('update', () => {
  test('changes what is given, and the env file follows its own client', async () => {
    const uri = 'https://moved.example.test/cb';
    const { code, stdout } = await clients('update', '--name', 'Neu', '--redirect-uri', uri);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('-> "Neu"') });
    expect(await given.world.clients(uri)).toMatchObject([{ name: 'Neu' }]);
    expect(given.world.env().LD_OAUTH_REDIRECT_URI).toBe(uri);
    expect(await given.world.otherLines()).toBe(keptText);
  });

  test('leaves the env file alone for another client', async () => {
    const id = await another();
    const before = await readFile(given.world.envFile, 'utf8');
    await clients('update', id, '--redirect-uri', 'https://moved.example.test/cb', '--description', '');
    expect(await readFile(given.world.envFile, 'utf8')).toBe(before);
  });

  test('nothing to change sends no PATCH', async () => {
    const [own] = await given.world.clients();
    given.world.proxy.requests.splice(0);
    expect((await clients('update', '--name', own?.name ?? '')).code).toBe(0);
    expect(given.world.proxy.seen()).toEqual([expect.stringMatching(/^GET /)]);
  });

  test.each([
    [['update']],
    [['update', '--name', '']],
    [['update', '--redirect-uri', 'ftp://x']],
    [[]],
    [['destroy']],
    [['list', 'x']],
    [['delete']],
  ])('%j is a wrong call', async (args) => {
    expect((await clients(...args)).code).toBe(2);
  });
});

describe('rotate', () => {
  test('replaces the client and its secret', async () => {
    const old = ownId();
    const oldSecret = given.world.env().LD_OAUTH_CLIENT_SECRET;
    const { code } = await clients('rotate', '--yes');
    expect(code).toBe(0);
    expect(await given.world.clients()).toMatchObject([{ clientId: ownId() }]);
    expect(ownId()).not.toBe(old);
    expect(given.world.env().LD_OAUTH_CLIENT_SECRET).not.toBe(oldSecret);
    expect(await given.world.secretWorks()).toBe(true);
  });

  test('--keep-old keeps the old one and says how to delete it', async () => {
    const old = ownId();
    expect((await clients('rotate', '--yes', '--keep-old')).stdout).toContain(`clients -- delete ${old}`);
    expect(await given.world.clients()).toHaveLength(2);
    expect((await clients('delete', old, '--yes')).code).toBe(0);
    expect(await given.world.secretWorks()).toBe(true);
  });

  test('asks first', async () => {
    expect((await clients('rotate')).code).toBe(2);
    expect(await given.world.secretWorks()).toBe(true);
  });
});

describe('delete', () => {
  test('asks, deletes, and says what', async () => {
    const id = await another();
    expect((await clients('delete', id)).code).toBe(2);
    expect(await clients('delete', id, '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(id),
    });
    expect(await given.world.clients('https://another.example.test/cb')).toEqual([]);
  });

  test('refuses the one in use, except with --force', async () => {
    const refused = await clients('delete', ownId(), '--yes');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') });
    expect(await given.world.clients()).toHaveLength(1);
    expect((await clients('delete', ownId(), '--yes', '--force')).code).toBe(0);
    expect(await given.world.clients(redirectUri)).toEqual([]);
  });
});
