import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { read, root } from '../support/documents.ts';
import { freePort } from '../support/free-port.ts';
import { installIntegrations, integrations } from '../support/integrations.ts';
import { logInto, registerClient, secret, startHttpSandbox } from '../support/lifted-app.ts';
import { follow, type Program } from '../support/program.ts';
import { opened } from '../support/reverse-proxies.ts';
import { ariel } from '../support/test-app.ts';

/* The examples of docs/integrations.md, as they stand there. */

const guide = read('docs/integrations.md');
const examples = new Map(
  [...guide.matchAll(/<!-- file: (\S+) -->\n```[jt]s\n(.*?)```/gs)].map(([, name, code]) => [name, code]),
);
const tsx = path.join(root, 'node_modules/tsx/dist/esm/index.mjs');
let sandbox: Sandbox;
let folder: string;
let program: Program | undefined;

beforeAll(async () => {
  await installIntegrations();
  sandbox = await startHttpSandbox();
  folder = await mkdtemp(path.join(tmpdir(), 'integrations-'));
  const modules = path.join(folder, 'node_modules');
  for (const place of [path.join(integrations, 'node_modules'), path.join(root, 'node_modules')])
    await link(place, modules);
  const typescript = { compilerOptions: { experimentalDecorators: true, module: 'nodenext', target: 'es2022' } };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(typescript));
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  const own = path.join(modules, 'log-in-with-launchdarkly');
  await mkdir(own);
  await writeFile(path.join(own, 'package.json'), '{"type":"module","exports":"./index.js"}');
  const source = pathToFileURL(path.join(root, 'src/launchdarkly-login/index.ts'));
  await writeFile(path.join(own, 'index.js'), `export * from '${source}';\n`);
}, 300_000);

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** Links each package of a folder, unless one of that name is there. */
async function link(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (name.startsWith('.') || name === 'log-in-with-launchdarkly') continue;
    if (name.startsWith('@')) await link(path.join(from, name), path.join(to, name));
    else await symlink(path.join(from, name), path.join(to, name)).catch(() => {});
  }
}

test('the page has the examples that are run', () => {
  expect([...examples.keys()]).toEqual(['fastify.mjs', 'nest.ts', 'hono.mjs']);
});

test.each([...examples])(
  '%s logs in, refuses a program without a login, and logs out',
  async (name = '', code = '') => {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const client = await registerClient(sandbox, url);
    await writeFile(path.join(folder, name), code);
    const env = {
      PATH: process.env.PATH,
      PORT: String(port),
      LD_BASE_URI: sandbox.url,
      LD_OAUTH_REDIRECT_URI: client.redirectUri,
      LD_OAUTH_CLIENT_ID: client.clientId,
      LD_OAUTH_CLIENT_SECRET: client.clientSecret,
      LD_ACCOUNT_ID: client.accountId,
      SESSION_SECRET: secret,
    };
    program = follow(spawn(process.execPath, ['--import', tsx, name], { cwd: folder, env }));
    try {
      await opened(port, program);
      const json = { headers: { accept: 'application/json' } };
      const stranger = new Browser();
      expect((await stranger.request(`${url}/private`, json)).status).toBe(401);
      const forged = await stranger.request(`${url}/auth/callback?code=x&state=x`, json);
      expect(forged.status).toBeGreaterThanOrEqual(400);
      const { browser, page } = await logInto(url);
      expect([page.status, JSON.parse(page.body)]).toEqual([200, { hello: ariel.email }]);
      const evil = { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' };
      const crossSite = await browser.request(`${url}/auth/logout`, { method: 'POST', headers: evil });
      expect(crossSite.status).toBe(403);
      expect((await browser.request(`${url}/private`, json)).status).toBe(200);
      expect((await browser.request(`${url}/auth/logout`, { form: {} })).status).toBe(303);
      expect((await browser.request(`${url}/private`, json)).status).toBe(401);
    } finally {
      program.child.kill('SIGKILL');
      await program.ended;
    }
  },
  60_000,
);
