import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { blocksOf, root } from '../support/documents.ts';
import { freePort } from '../support/free-port.ts';
import { logInto, startHttpSandbox } from '../support/lifted-app.ts';
import { call, installedIn, packed, projectWith } from '../support/npm-package.ts';
import { follow, type Program } from '../support/program.ts';
import { ariel } from '../support/test-app.ts';
import { startTlsTerminator } from '../support/tls-terminator.ts';
import { until } from '../support/until.ts';

const closing: (() => unknown)[] = [];
let sandbox: Sandbox;
let tarball: string;
/** Projects with Express 5 and Express 4.16, and the package in each. */
let express5: string;
let express4: string;
let before: Awaited<ReturnType<typeof installedIn>>;
let program: Program | undefined;

const types = ['@types/node@20', '@types/express-session', '@tsconfig/strictest'];
const compilers = { '5.4': 'ts5.4@npm:typescript@5.4.5', '5.9': 'ts5.9@npm:typescript@5.9.3' };

beforeAll(async () => {
  sandbox = await startHttpSandbox();
  closing.push(() => sandbox.close());
  const pack = await packed('log-in-with-launchdarkly');
  tarball = pack.tarball;
  closing.push(pack.remove);
  const newest = await projectWith('express@5', 'express-session');
  const oldest = await projectWith('express@4.16.4', 'express-session', tarball);
  closing.push(newest.remove, oldest.remove);
  [express5, express4] = [newest.folder, oldest.folder];
  before = await installedIn(express5);
  await npmInstall(express5, tarball);
}, 120_000);

afterEach(async () => {
  program?.child.kill('SIGKILL');
  await program?.ended;
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const npmInstall = (folder: string, ...packages: string[]) =>
  call(folder, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages]);

/** What somebody types: `npx log-in-with-launchdarkly …`, in a project. Resolves to the exit code as well. */
async function command(folder: string, ...args: string[]) {
  const started = follow(
    spawn('npx', ['log-in-with-launchdarkly', ...args], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        npm_config_update_notifier: 'false',
        LD_BASE_URI: sandbox.url,
        LD_ACCESS_TOKEN: sandbox.adminToken,
      },
    }),
  );
  const code = await started.ended;
  return { code, stdout: started.stdout, stderr: started.stderr };
}

const body = `
const auth = createLaunchDarklyAuth();
const app = express();
app.use(session({ secret: process.env['SESSION_SECRET'] ?? '', resave: false, saveUninitialized: false }));
app.use(auth.router);
app.get('/private', auth.requireLogin, (req, res) => void res.json({ hello: auth.currentUser(req)?.email }));
app.get('/logged-out', (_req, res) => void res.send('Logged out.'));
app.get('/', (_req, res) => void res.send('<form method="post" action="/auth/logout"><button>Log out</button></form>'));
app.listen(Number(process.env['PORT']), 'localhost', () => console.log('listening'));
`;
const esm = `import express from 'express';
import session from 'express-session';
import { createLaunchDarklyAuth } from 'log-in-with-launchdarkly';
${body}`;
const cjs = `const express = require('express');
const session = require('express-session');
const { createLaunchDarklyAuth } = require('log-in-with-launchdarkly');
${body}`;

/** Registers a client with the package's own command, starts the app on what it saved, logs in and out. */
async function logsInAndOut(folder: string, file: string): Promise<void> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const envFile = `.env.${path.basename(file)}`;
  const saved = await command(folder, 'bootstrap', '--redirect-uri', `${url}/auth/callback`, '--dotenv', envFile);
  expect([saved.code, saved.stderr]).toEqual([0, '']);
  program = follow(
    spawn(process.execPath, [`--env-file=${envFile}`, '--disable-warning=ExperimentalWarning', file], {
      cwd: folder,
      env: { PATH: process.env.PATH, LD_BASE_URI: sandbox.url, PORT: String(port) },
    }),
  );
  await program.prints(/listening/);
  const { browser, page } = await logInto(url);
  expect(page.body).toBe(`{"hello":"${ariel.email}"}`);
  await browser.press(await browser.visit(url), 'Log out');
  expect((await browser.visit(`${url}/private`)).url).toContain(sandbox.url);
  expect(program.stderr).toBe('');
}

test('it adds at most 6 packages and 6 MB to an Express app', async () => {
  const after = await installedIn(express5);
  const [packages, megabytes] = [after.packages - before.packages, after.megabytes - before.megabytes];
  console.log(`log-in-with-launchdarkly adds ${packages} packages, ${megabytes.toFixed(1)} MB`);
  expect(packages).toBeLessThanOrEqual(6);
  expect(megabytes).toBeLessThanOrEqual(6);
});

const apps = { 'app.mjs': esm, 'app.cjs': cjs };

test.each(
  ['Express 5', 'Express 4.16'].flatMap((express) => Object.keys(apps).map((file) => [express, file] as const)),
)('on %s, %s registers itself, starts, logs a member in and out', async (express, file) => {
  const folder = express === 'Express 5' ? express5 : express4;
  await writeFile(path.join(folder, file), apps[file as keyof typeof apps]);
  await logsInAndOut(folder, file);
});

test('the session store opens, or says what to install; a session for tests can be made', async () => {
  const source = `
const { openSessionStore } = require('log-in-with-launchdarkly/session-store');
const { mintSession } = require('log-in-with-launchdarkly/testing');
openSessionStore('memory:', { idleMs: 1_000, maxMs: 1_000 }).then(
  (store) => store.close().then(() => console.log(typeof mintSession, 'opened')),
  (error) => console.log(typeof mintSession, error.message),
);`;
  await writeFile(path.join(express5, 'store.cjs'), source);
  const printed = await call(express5, process.execPath, ['--disable-warning=ExperimentalWarning', 'store.cjs']);
  expect(printed).toMatch(/^function (opened$|SQLite cannot be loaded .*`npm install libsql`)/m);
});

test('the program in its README logs a member in', async () => {
  const [port, publicPort] = [await freePort(), await freePort()];
  const origin = `https://localhost:${publicPort}`;
  const [readme] = blocksOf('src/launchdarkly-login/README.md').filter(({ language }) => language === 'js');
  await writeFile(path.join(express5, 'readme.mjs'), readme!.text.replace('3000', `${port}`));
  await command(express5, 'bootstrap', '--redirect-uri', `${origin}/auth/callback`, '--dotenv', '.env.readme');
  program = follow(
    spawn(process.execPath, ['--env-file=.env.readme', 'readme.mjs'], {
      cwd: express5,
      env: { PATH: process.env.PATH, LD_BASE_URI: sandbox.url },
    }),
  );
  const directory = path.join(express5, 'tls');
  const terminator = await startTlsTerminator({ port: publicPort, target: port, directory });
  try {
    await until(async () => (await new Browser().visit(`${origin}/logged-out`)).status !== 502, { everyMs: 50 });
    expect((await logInto(origin)).page.body).toBe(`{"hello":"${ariel.email}"}`);
  } finally {
    await terminator.close();
  }
});

test('bundled by esbuild into one file it does the same', async () => {
  await writeFile(path.join(express5, 'bundle-me.mjs'), esm);
  const esbuild = path.join(root, 'node_modules/esbuild/bin/esbuild');
  await call(express5, esbuild, ['bundle-me.mjs', '--bundle', '--platform=node', '--outfile=bundle.cjs']);
  await logsInAndOut(express5, 'bundle.cjs');
});

describe('its types', () => {
  beforeAll(async () => {
    await npmInstall(express5, ...types, '@types/express@5', ...Object.values(compilers));
    await npmInstall(express4, ...types, '@types/express@4');
  }, 120_000);

  const compiler = (version: string) =>
    version === '7' ? path.join(root, 'node_modules/typescript/bin/tsc') : `node_modules/ts${version}/bin/tsc`;
  const app = `${esm}
import { mintSession } from 'log-in-with-launchdarkly/testing';
import { openSessionStore } from 'log-in-with-launchdarkly/session-store';
export const opened: Promise<session.Store> = openSessionStore('memory:', { idleMs: 1, maxMs: 1 });
export const minted = mintSession;
`;

  async function check(folder: string, version: string, resolution: string, source: string) {
    const module = resolution === 'nodenext' ? 'nodenext' : 'esnext';
    const strictest = JSON.parse(
      await readFile(path.join(folder, 'node_modules/@tsconfig/strictest/tsconfig.json'), 'utf8'),
    );
    // The types themselves are the same in both, and checking them takes most of the time.
    const config = {
      compilerOptions: {
        ...strictest.compilerOptions,
        ...{
          target: 'es2022',
          module,
          moduleResolution: resolution,
          types: ['node'],
          noEmit: true,
          skipLibCheck: resolution === 'bundler',
        },
      },
      files: ['typed.mts'],
    };
    await writeFile(path.join(folder, 'typed.mts'), source);
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    return call(folder, process.execPath, [compiler(version), '-p', '.']);
  }

  test.each(
    [...Object.keys(compilers), '7'].flatMap((version) =>
      ['nodenext', 'bundler'].map((kind) => [version, kind] as const),
    ),
  )('hold for TypeScript %s with module resolution %s and the strictest settings', async (version, resolution) => {
    await check(express5, version, resolution, app);
  });

  test('refuse an option that there is not', async () => {
    const source = app.replace('createLaunchDarklyAuth()', 'createLaunchDarklyAuth({ clientID: 1 })');
    await expect(check(express5, '7', 'nodenext', source)).rejects.toMatchObject({
      stdout: expect.stringContaining('clientID'),
    });
  });

  test("hold with Express 4's types", async () => {
    await check(express4, '7', 'nodenext', app);
  });

  test('and both packages satisfy publint and Are the Types Wrong', async () => {
    const tools = await projectWith('publint@0.3.25', '@arethetypeswrong/cli@0.18.5');
    closing.push(tools.remove);
    const [publint, attw] = ['publint/src/cli.js', '@arethetypeswrong/cli/dist/index.js'].map((file) =>
      path.join(tools.folder, 'node_modules', file),
    ) as [string, string];
    const other = await packed('launchdarkly-sandbox');
    closing.push(other.remove);
    for (const file of [tarball, other.tarball]) {
      expect(await call(tools.folder, process.execPath, [publint, file, '--strict'])).toContain('All good!');
      await call(tools.folder, process.execPath, [attw, file, '--profile', 'esm-only']);
    }
  });
});

describe('its commands, in the project of somebody else', () => {
  test('bootstrap, clients and doctor work on its .env, and name themselves as one types them there', async () => {
    const redirectUri = 'https://app.example.com/auth/callback';
    const first = await command(express5, 'bootstrap', '--redirect-uri', redirectUri);
    expect(first.stdout).toMatch(/^Registered .*saved +LD_OAUTH_CLIENT_ID/s);
    expect(await readFile(path.join(express5, '.env'), 'utf8')).toContain(redirectUri);
    const clients = await command(express5, 'clients', 'list', '--json');
    expect(JSON.parse(clients.stdout).clients.filter(({ inUse }: { inUse: boolean }) => inUse)).toHaveLength(1);
    const doctor = await command(express5, 'doctor', '--json');
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });
    expect(doctor.code).toBe(0);
  });

  test('two at a time register one client, also without SQLite', async () => {
    const args = ['bootstrap', '--dotenv', '.env.both', '--name', 'Both', '--redirect-uri', 'https://both.example/cb'];
    const both = await Promise.all([command(express5, ...args), command(express5, ...args)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(sandbox.state().clients.filter(({ name }) => name === 'Both')).toHaveLength(1);
  });

  test('doctor leaves the facts report, which needs more packages, to a clone', async () => {
    expect((await command(express5, 'doctor', '--help')).stdout).not.toContain('--login');
    const { code, stderr } = await command(express5, 'doctor', '--login');
    expect([code, stderr]).toEqual([2, expect.stringContaining('in a clone')]);
  });

  test('a wrong command says which there are', async () => {
    const { code, stderr } = await command(express5, 'bootstrp');
    expect(code).toBe(2);
    expect(stderr).toContain('npx log-in-with-launchdarkly bootstrap');
  });

  test('none of its files says npm run for what npx does', () => {
    const folder = path.join(express5, 'node_modules/log-in-with-launchdarkly');
    const scripts = 'bootstrap|clients|doctor|sandbox|start';
    const named = readdirSync(folder)
      .filter((file) => file.endsWith('.js'))
      .flatMap(
        (file) =>
          readFileSync(path.join(folder, file), 'utf8').match(new RegExp(`npm (run )?(${scripts})\\b`, 'g')) ?? [],
      );
    expect([...new Set(named)]).toEqual([]);
  });
});
