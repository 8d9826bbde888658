import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as openid from 'openid-client';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser, type Page } from '../support/browser.ts';
import { blocksOf, markedBlock, read, root } from '../support/documents.ts';
import { installIntegrations, integrations } from '../support/integrations.ts';
import { call } from '../support/npm-package.ts';
import { follow, type Program } from '../support/program.ts';
import { registeredAt } from '../support/server-process.ts';
import { ariel, freePort } from '../support/test-app.ts';
import { startTlsTerminator } from '../support/tls-terminator.ts';
import { until } from '../support/until.ts';
import { installed } from '../support/when-installed.ts';

const callback = '/auth/callback';
interface Example {
  readonly file: string;
  readonly callback: string;
  /** What its sign-in page has. */
  readonly button?: string;
  /** The module that a Python program needs. */
  readonly python?: string;
}
/** Our login in other frameworks, and other libraries that log in at LaunchDarkly. */
const besideExpress: Example[] = [
  { file: 'fastify.js', callback },
  { file: 'hono.js', callback },
  { file: 'nest.ts', callback },
];
const frameworks: Example[] = [...besideExpress, { file: 'route-handlers.js', callback }];
const libraries: Example[] = [
  { file: 'passport-oauth2.js', callback },
  { file: 'auth-js.js', callback: '/auth/callback/launchdarkly', button: 'Sign in with LaunchDarkly' },
  { file: 'better-auth.js', callback: '/api/auth/callback/launchdarkly' },
  { file: 'authlib_app.py', callback, python: 'authlib.integrations.flask_client' },
];
const examples = [...frameworks, ...libraries];
const programs = ['login.js', 'launchdarkly-member.js', ...examples.map(({ file }) => file)];
const pending = 'penny.pending@acme.example';
const foreign = 'gus.globex@globex.example';
/** Sets a program's clock an hour ahead on SIGUSR2. */
const clock = `data:text/javascript,${encodeURIComponent(`
  const Real = Date;
  let ahead = 0;
  process.on('SIGUSR2', () => { ahead += 3_600_000; });
  globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length > 0 ? given : [Real.now() + ahead])); }
    static now() { return Real.now() + ahead; }
  };
`)}`;
const strict = { strict: true, noUncheckedIndexedAccess: true, skipLibCheck: true, noEmit: true, types: ['node'] };
const tsx = path.join(root, 'node_modules/tsx/dist/esm/index.mjs');
let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, switches: { verifiedClients: true } });
  folder = await mkdtemp(path.join(tmpdir(), 'integrations-'));
  await installIntegrations();
  await symlinkPackages();
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  const compilerOptions = { ...strict, module: 'nodenext', target: 'es2022', experimentalDecorators: true };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['nest.ts'] }));
  const modules = path.join(folder, 'node_modules');
  await call(root, process.execPath, ['scripts/build-packages.mjs', modules, 'log-in-with-launchdarkly']);
  for (const file of programs) await writeFile(path.join(folder, file), sourceOf(file));
}, 300_000);

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** The one in TypeScript is in the guide only: its packages are not installed where this project is type-checked. */
function sourceOf(file: string): string {
  if (file === 'nest.ts') return markedBlock('docs/integrations.md', 'file', file).text;
  return read(`test/integrations/${file}`);
}

/** Gives the examples a folder of their own with the packages of this project and those of the integrations. */
async function symlinkPackages(): Promise<void> {
  const modules = path.join(folder, 'node_modules');
  await mkdir(modules);
  const sources = new Map<string, string>();
  for (const from of [root, integrations].map((place) => path.join(place, 'node_modules')))
    for (const name of await readdir(from)) if (!name.startsWith('.')) sources.set(name, path.join(from, name));
  for (const [name, source] of sources) await symlink(source, path.join(modules, name));
}

test.each(programs.filter((file) => file !== 'nest.ts'))('the guide shows the whole %s', (file) => {
  const shown = blocksOf('docs/integrations.md').find(({ mark }) => mark?.value === `test/integrations/${file}`);
  expect(shown?.text).toBe(read(`test/integrations/${file}`));
});

const interpreter = installed('python3') ?? 'python3';
const notInstalled = ({ python }: Example) =>
  python !== undefined && spawnSync(interpreter, ['-c', `import ${python}`]).status !== 0;

for (const { file } of examples.filter(notInstalled))
  test(`${file}: needs Authlib and Flask`, () => {
    console.log(`Not run: ${file}. On Debian: apt-get install python3-authlib python3-flask python3-requests`);
  });

test('the example in TypeScript type-checks', async () => {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  await expect(call(folder, process.execPath, [tsc, '-p', '.'])).resolves.toBe('');
});

test('what needs OpenID Connect finds no provider at LaunchDarkly', async () => {
  const discover = (algorithm: 'oidc' | 'oauth2') =>
    openid.discovery(new URL(sandbox.url), 'client', 'secret', undefined, {
      algorithm,
      execute: [openid.allowInsecureRequests],
    });
  await expect(discover('oidc')).rejects.toMatchObject({ cause: { status: 404 } });
  expect((await discover('oauth2')).serverMetadata().jwks_uri).toBeUndefined();
});

describe.each(examples.filter((example) => !notInstalled(example)))('$file', (example) => {
  const { file, callback, button, python } = example;
  let settings: Record<string, string>;
  let program: Program;
  let terminator: { close(): Promise<void> };
  let url: string;

  beforeAll(async () => {
    const [port, publicPort] = [await freePort(), await freePort()];
    url = `https://localhost:${publicPort}`;
    settings = await registeredAt(sandbox, url + callback);
    const env = { PATH: process.env.PATH, ...settings, PORT: String(port) };
    const [command, ...args] = python
      ? [interpreter, file]
      : [process.execPath, '--import', tsx, '--import', clock, file];
    program = follow(spawn(command ?? '', args, { cwd: folder, env }));
    terminator = await startTlsTerminator({ port: publicPort, target: port, directory: path.join(folder, 'tls') });
    await until(async () => {
      if (program.child.exitCode !== null) throw new Error(`It ended: ${program.stderr}`);
      return (await new Browser().request(`${url}/private`)).status !== 502;
    });
  }, 60_000);

  afterAll(async () => {
    program.child.kill('SIGKILL');
    await program.ended;
    await terminator.close();
  });

  /** Goes as far as LaunchDarkly's answer. */
  async function authorize(email: string) {
    const browser = new Browser();
    const start = await browser.visit(`${url}/private`);
    const personas = button ? await browser.press(start, button) : start;
    const answer = await browser.submit(await browser.press(personas, email), 'Authorize');
    return { browser, request: new URL(personas.url), answer };
  }

  const isIn = async (browser: Browser) => (await browser.request(`${url}/private`)).status === 200;

  test('logs a member in, with state, S256 and the secret in the body', async () => {
    const { browser, request, answer } = await authorize(ariel.email);
    expect(Object.fromEntries(request.searchParams)).toMatchObject({
      scope: 'reader',
      state: expect.stringMatching(/.{20}/),
      code_challenge: expect.stringMatching(/^.{43}$/),
      code_challenge_method: 'S256',
    });
    const page: Page = await browser.follow(answer);
    expect([page.url, page.status]).toEqual([`${url}/private`, 200]);
    expect(JSON.parse(page.body)).toMatchObject({ id: expect.any(String), email: ariel.email });
    const exchange = sandbox.ledger().find(({ endpoint }) => endpoint === 'token');
    expect(exchange?.request.body).toMatch(/client_secret=.*code_verifier=|code_verifier=.*client_secret=/);
    expect(exchange?.request.headers).not.toHaveProperty('authorization');
    expect(exchange?.response?.body).toMatch(/access_token(?!.*id_token)/);
  });

  test('turns away members of other accounts', async () => {
    const { browser, answer } = await authorize(foreign);
    expect([401, 403]).toContain((await browser.follow(answer)).status);
    expect(await isIn(browser)).toBe(false);
  });

  test('turns away members whose invitation is pending', async () => {
    const { browser, answer } = await authorize(pending);
    expect([401, 403]).toContain((await browser.follow(answer)).status);
    expect(await isIn(browser)).toBe(false);
  });

  test('refuses a callback that another browser asked for', async () => {
    const { browser, answer } = await authorize(ariel.email);
    const other = (await authorize(ariel.email)).browser;
    await other.visit(answer.location ?? '');
    expect(await isIn(other)).toBe(false);
    await browser.follow(answer);
    expect(await isIn(browser)).toBe(true);
  });

  test('gives the login to no cookie from before it', async () => {
    const { browser, answer } = await authorize(ariel.email);
    const planted = browser.cookieHeader(url);
    await browser.follow(answer);
    const page = await new Browser().request(`${url}/private`, { headers: { cookie: planted } });
    expect(page.status).not.toBe(200);
    expect(await isIn(browser)).toBe(true);
  });

  if (frameworks.includes(example))
    test('logs out, not for other sites, and answers a program that is not logged in with 401', async () => {
      const { browser, answer } = await authorize(ariel.email);
      await browser.follow(answer);
      const logOut = (origin: string) =>
        browser.visit(`${url}/auth/logout`, {
          method: 'POST',
          headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
        });
      expect((await logOut('https://evil.example')).status).toBe(403);
      expect(await isIn(browser)).toBe(true);
      const page = await logOut(url);
      expect([page.url, page.status]).toEqual([`${url}/logged-out`, 200]);
      expect(await isIn(browser)).toBe(false);
      const headers = { accept: 'application/json' };
      expect((await browser.request(`${url}/private`, { headers })).status).toBe(401);
    });

  if (libraries.includes(example))
    test.each(['token', 'caller-identity', 'members'] as const)('lets nobody in when %s fails', async (endpoint) => {
      const { browser, answer } = await authorize(ariel.email);
      sandbox.setFault({ endpoint, fault: 'http_503', times: 1 });
      await browser.follow(answer);
      expect(sandbox.ledger().find(({ fault }) => fault)).toMatchObject({ endpoint, fault: 'http_503' });
      expect(await isIn(browser)).toBe(false);
    });

  if (!besideExpress.includes(example) && !python)
    test('ends the session after an hour, also for those who kept its cookie', async () => {
      const { browser, answer } = await authorize(ariel.email);
      await browser.follow(answer);
      program.child.kill('SIGUSR2');
      await until(async () => !(await isIn(browser)));
    });

  test('prints no secret and no token', () => {
    const printed = program.stdout + program.stderr;
    for (const secret of [settings.LD_OAUTH_CLIENT_SECRET, settings.SESSION_SECRET, 'oauth-'])
      expect(printed).not.toContain(secret);
  });
});
