import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { api, bearer, bodyOf, registerClient, tokensFor, withSandbox } from './support.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seed-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function seedFile(content: unknown): Promise<string> {
  const path = join(directory, 'seed.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const ME = { email: 'a@b.example' };
const MINE = {
  accounts: [
    {
      organization: 'Mine',
      projects: [{ key: 'web', name: 'Web' }],
      members: [
        { email: 'me@mine.example', firstName: 'Me', role: 'admin', teams: [{ key: 'a', name: 'A' }] },
      ],
    },
  ],
};

describe('A seed file', () => {
  test('puts one’s own people and projects in place of those the sandbox ships with', async () => {
    const options = { seedFile: await seedFile(MINE), autoApprove: true };
    const ids = await withSandbox(options, async (sandbox) => {
      expect(sandbox.personas().map(({ email }) => email)).toEqual(['me@mine.example']);
      const client = await registerClient(sandbox);
      const { access_token: token } = await tokensFor(sandbox, client, { login_hint: 'me@mine.example' });
      const projects = await bodyOf<{ items: { key: string }[] }>(
        await api(sandbox, 'GET', '/projects', bearer(token)),
      );
      expect(projects.items.map(({ key }) => key)).toEqual(['web']);
      return sandbox.personas().map(({ id }) => id);
    });
    await withSandbox(options, async (again) => {
      expect(again.personas().map(({ id }) => id)).toEqual(ids);
    });
  });

  test.each([
    ['that is missing', undefined, /there is no such file/],
    ['that is no JSON', '{', /it is no JSON/],
    ['without accounts', { accounts: [] }, /accounts: must name an account/],
    [
      'with a role that does not exist',
      withMember({ role: 'king' }),
      /accounts\.0\.members\.0\.role: must be one of/,
    ],
    ['with an e-mail that is none', withMember({ email: 'x' }), /email: must be an e-mail address/],
    ['with a misspelt attribute', withMember({ firstname: 'x' }), /firstname/],
    [
      'with someone twice',
      { accounts: [{ organization: 'A', members: [ME, ME] }] },
      /names "A: a@b.example" twice/,
    ],
  ])('%s is refused with its place', async (_, content, message) => {
    const path = content === undefined ? join(directory, 'missing.json') : await seedFile(content);
    await expect(startSandbox({ port: 0, seedFile: path })).rejects.toThrow(message);
  });
});

function withMember(changes: object): object {
  return { accounts: [{ organization: 'A', members: [{ email: 'a@b.example', ...changes }] }] };
}
