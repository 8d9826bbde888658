import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { read, root } from '../support/documents.ts';
import type { Program } from '../support/program.ts';
import { follow } from '../support/program.ts';
import { registeredAt } from '../support/server-process.ts';
import { ariel, authorize, freePort, logIn } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const file = 'docs/minimal/app.ts';
const foreign = 'gus.globex@globex.example';
let sandbox: Sandbox;
let folder: string;
let settings: Record<string, string>;
let program: Program;
let url: string;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, switches: { verifiedClients: true } });
  folder = await mkdtemp(path.join(tmpdir(), 'minimal-'));
  url = `https://localhost:${await freePort()}`;
  settings = await registeredAt(sandbox, `${url}/auth/callback`);
  program = await start(settings);
  await program.prints(/^Open https:/m);
  await answers();
}, 60_000);

afterAll(async () => {
  program.child.kill('SIGKILL');
  await program.ended;
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the app as its reader does, in a folder whose `.env` holds these settings. */
async function start(env: Record<string, string>): Promise<Program> {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path.join(folder, '.env'), lines.join(''));
  const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs'); // what `npx tsx` preloads, in one process
  return follow(
    spawn(process.execPath, ['--import', tsx, path.join(root, file)], {
      cwd: folder,
      env: { PATH: process.env.PATH },
    }),
  );
}

async function answers(): Promise<void> {
  await until(async () => {
    if (program.child.exitCode !== null) throw new Error(`The app ended: ${program.stderr}`);
    return (await new Browser().request(url).catch(() => undefined)) !== undefined;
  });
}

const whoAmI = async (browser: Browser) => (await browser.request(`${url}/api/me`)).status;

describe('the minimal app', () => {
  test('logs a member in, and out', async () => {
    const browser = new Browser();
    const personas = await browser.visit(`${url}/api/me?from=here`);
    const page = await browser.press(await browser.press(personas, ariel.email), 'Authorize');
    expect(page.url).toBe(`${url}/api/me?from=here`);
    expect(JSON.parse(page.body)).toMatchObject({ email: ariel.email, accountId: settings.LD_ACCOUNT_ID });
    const asked = sandbox.ledger().map(({ endpoint }) => endpoint);
    expect(asked).toEqual(expect.arrayContaining(['token', 'caller-identity', 'members']));

    await browser.press(await browser.visit(url), 'Log out');
    expect(await whoAmI(browser)).toBe(303);
  });

  test('starts a new session id with the login', async () => {
    const { browser, callback } = await authorize({ url });
    const before = browser.cookieHeader(url);
    await browser.visit(callback.href);
    expect(browser.cookieHeader(url)).not.toBe(before);
    expect(await whoAmI(browser)).toBe(200);
  });

  test("refuses a state that is not this browser's, and a code without its verifier", async () => {
    const { callback } = await authorize({ url });
    const other = new Browser();
    await other.request(`${url}/auth/login`);
    expect((await other.visit(callback.href)).status).toBe(502);
    expect(await whoAmI(other)).toBe(303);

    const state = new URL((await other.request(`${url}/auth/login`)).location ?? '').searchParams.get('state');
    callback.searchParams.set('state', state ?? '');
    expect((await other.visit(callback.href)).status).toBe(502);
    expect(await whoAmI(other)).toBe(303);
  });

  test('takes a callback once', async () => {
    const { browser, callback } = await authorize({ url });
    await browser.visit(callback.href);
    expect((await browser.visit(callback.href)).status).toBe(400);
  });

  test('turns away members of other accounts', async () => {
    const { page, browser } = await logIn({ url }, { as: foreign });
    expect(page.status).toBe(403);
    expect(await whoAmI(browser)).toBe(303);
  });

  test('is kind to somebody who cancels', async () => {
    const browser = new Browser();
    const consent = await browser.press(await browser.visit(`${url}/auth/login`), ariel.email);
    const page = await browser.press(consent, 'Cancel');
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('You cancelled')]);
  });

  test('prints no token and no secret', () => {
    const printed = program.stdout + program.stderr;
    for (const secret of [settings.LD_OAUTH_CLIENT_SECRET, settings.SESSION_SECRET, 'eyJ', 'oauth-'])
      expect(printed).not.toContain(secret);
  });

  test.each(['LD_OAUTH_CLIENT_ID', 'LD_OAUTH_CLIENT_SECRET', 'SESSION_SECRET', 'LD_ACCOUNT_ID'])(
    'says so when %s is missing',
    async (name) => {
      const { [name]: _, ...rest } = settings;
      const without = await start(rest);
      expect(await without.ended).toBe(2);
      expect(without.stderr).toBe(`${name} is not set. Run \`npm run bootstrap\`: it writes ${name} to .env.\n`);
    },
    30_000,
  );

  test('fits on two screens, and names files that exist', () => {
    const text = read(file);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
    const named = text.match(/\bsrc\/[\w./-]*\w/g) ?? [];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });
});
