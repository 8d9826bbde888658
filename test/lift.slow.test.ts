import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createHttp, createLaunchDarkly } from '../src/launchdarkly/index.ts';
import type { Sandbox } from '../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import { Browser, type Page } from './support/browser.ts';
import { follow, type Program } from './support/program.ts';
import { ariel, freePort } from './support/test-app.ts';
import { startTlsTerminator } from './support/tls-terminator.ts';
import { beforeDeadline } from './support/until.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '..');
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
const strict = ['--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--skipLibCheck'];
const modules = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--rewriteRelativeImportExtensions'];

let sandbox: Sandbox;
let folder: string;
let program: Program | undefined;
let terminator: { close(): Promise<void> } | undefined;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
});

afterAll(() => sandbox.close());

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lift-'));
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
});

afterEach(async () => {
  program?.child.kill('SIGKILL');
  await program?.ended;
  await terminator?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A code block of the guide, by the file it is meant for. */
async function snippet(file: string): Promise<string> {
  const guide = await readFile(path.join(root, 'docs/lift.md'), 'utf8');
  const found = new RegExp(`<!-- file: ${file.replace('.', '\\.')} -->\\n\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(guide);
  if (!found?.[1]) throw new Error(`docs/lift.md has no block for ${file}`);
  return found[1];
}

/** Copies what the guide says, into `into`. */
async function copySources(into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const part of ['auth', 'config', 'launchdarkly', 'launchdarkly-login']) {
    await cp(path.join(root, 'src', part), path.join(into, part), { recursive: true });
  }
}

/** Copies the sources and compiles them to `lib`, as JavaScript users get them from `npm run build`. */
async function compileToLib(): Promise<void> {
  await copySources(path.join(folder, 'src'));
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  const entries = ['src/launchdarkly-login/launchdarkly-auth.ts'];
  await run(process.execPath, [tsc, ...strict, ...modules, '--rootDir', 'src', '--outDir', 'lib', ...entries], {
    cwd: folder,
  });
  await writeFile(path.join(folder, 'lib/package.json'), '{"type":"module"}');
  await rm(path.join(folder, 'package.json'));
}

/** Registers a client, starts the program with its settings behind a TLS terminator, and logs in. */
async function logInto(args: string[]): Promise<unknown> {
  const [port, publicPort] = [await freePort(), await freePort()];
  const origin = `https://localhost:${publicPort}`;
  const redirectUri = `${origin}/auth/callback`;
  const http = createHttp();
  const launchDarkly = createLaunchDarkly({ baseUri: sandbox.url, http });
  const client = await launchDarkly.createOAuth2Client(
    { apiToken: sandbox.adminToken },
    { name: 'Lifted', redirectUri },
  );
  await http.close();
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    LD_BASE_URI: sandbox.url,
    LD_OAUTH_REDIRECT_URI: redirectUri,
    LD_OAUTH_CLIENT_ID: client.clientId,
    LD_OAUTH_CLIENT_SECRET: client.clientSecret,
    LD_ACCOUNT_ID: client.accountId,
    SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
  };
  program = follow(spawn(process.execPath, args, { cwd: folder, env }));
  terminator = await startTlsTerminator({
    port: publicPort,
    target: port,
    directory: path.join(folder, 'tls'),
  });
  const browser = new Browser();
  const personas = await whenUp(() => browser.visit(`${origin}/private`));
  const page = await browser.press(await browser.press(personas, ariel.email), 'Authorize');
  const opened = await beforeDeadline(5_000, 'an answer to a callback that is opened directly', () =>
    new Browser().visit(redirectUri),
  );
  expect(opened).toMatchObject({ status: 400 });
  return JSON.parse(page.body);
}

/** Repeats a visit until the program answers, or has ended. */
async function whenUp(visit: () => Promise<Page>): Promise<Page> {
  for (let tries = 0; tries < 400; tries++) {
    const page = await visit();
    if (page.status !== 502) return page;
    if (program?.child.exitCode != null) throw new Error(`It ended: ${program.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`It does not answer: ${program?.stderr}`);
}

test("a TypeScript app with the guide's folders and code type-checks strictly and logs a member in", async () => {
  await copySources(folder);
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(folder, 'app.ts'), await snippet('app.ts'));
  await run(process.execPath, [tsc, ...strict, ...modules, '--noEmit', 'app.ts'], { cwd: folder });
  const loader = path.join(root, 'node_modules/tsx/dist/esm/index.mjs');
  expect(await logInto(['--import', loader, 'app.ts'])).toEqual({ hello: ariel.email });
}, 60_000);

test('an ES module app with the compiled folders logs a member in', async () => {
  await compileToLib();
  const code = (await snippet('app.ts'))
    .replace(/'\.\/(.*)\.ts'/g, "'./lib/$1.js'")
    .replace(', { type ErrorRequestHandler }', '')
    .replace(': ErrorRequestHandler', '');
  await writeFile(path.join(folder, 'app.mjs'), code);
  expect(await logInto(['app.mjs'])).toEqual({ hello: ariel.email });
}, 60_000);

test('a CommonJS app with the compiled folders logs a member in', async () => {
  await compileToLib();
  await writeFile(path.join(folder, 'app.cjs'), await snippet('app.cjs'));
  expect(await logInto(['app.cjs'])).toEqual({ hello: ariel.email });
}, 60_000);

test('an Express 4 app logs a member in, and a callback that is opened directly does not end it', async () => {
  await useExpress4();
  await copySources(folder);
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(folder, 'app.ts'), await snippet('app.ts'));
  const loader = path.join(root, 'node_modules/tsx/dist/esm/index.mjs');
  expect(await logInto(['--import', loader, 'app.ts'])).toEqual({ hello: ariel.email });
}, 60_000);

/** Replaces Express in the app's node_modules. */
async function useExpress4(): Promise<void> {
  const modules = path.join(folder, 'node_modules');
  await rm(modules);
  await mkdir(modules);
  for (const name of await readdir(path.join(root, 'node_modules'))) {
    if (name.startsWith('.')) continue;
    const source = name === 'express' ? 'express4' : name;
    await symlink(path.join(root, 'node_modules', source), path.join(modules, name));
  }
  const { version } = JSON.parse(await readFile(path.join(modules, 'express/package.json'), 'utf8'));
  expect(version).toMatch(/^4\./);
}
