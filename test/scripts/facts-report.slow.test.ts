import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Sandbox, Switches } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { compile } from '../support/compiled.ts';
import { root } from '../support/documents.ts';
import type { Program } from '../support/program.ts';
import { follow } from '../support/program.ts';
import { followThePage } from '../support/scripted-person.ts';

jest.setTimeout(60_000);

let compiled: Awaited<ReturnType<typeof compile>>;
let folder: string;
let sandbox: Sandbox;
const programs: Program[] = [];

beforeAll(async () => {
  compiled = await compile(['scripts/doctor.ts']);
});
afterAll(() => compiled.remove());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'facts-'));
  sandbox = await startSandbox({ port: 0 });
});
afterEach(async () => {
  for (const { child } of programs.splice(0)) child.kill('SIGKILL');
  await sandbox.close();
  await rm(folder, { recursive: true });
});

const loader = pathToFileURL(path.join(root, 'node_modules/tsx/dist/esm/index.mjs')).href;
const commands = {
  doctor: () => [path.join(compiled.folder, 'scripts/doctor.js'), '--'],
  'npm run sandbox': () => ['--import', loader, path.join(root, 'scripts/sandbox.ts'), '--'],
  'npx launchdarkly-sandbox': () => ['--import', loader, path.join(root, 'src/sandbox/cli.ts')],
};

function start(command: keyof typeof commands, ...args: string[]): Program {
  const env = { PATH: process.env.PATH, LD_BASE_URI: sandbox.url, LD_ACCESS_TOKEN: sandbox.adminToken };
  const program = follow(
    spawn(process.execPath, [...commands[command](), ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  programs.push(program);
  return program;
}

/** Starts it, and waits for the page that it wants opened. */
async function login(...args: string[]): Promise<{ doctor: Program; page: string }> {
  const doctor = start('doctor', '--login', '--yes', ...args);
  const [, page = ''] = await doctor.prints(/Open this page in your browser: (\S+)\n/);
  return { doctor, page };
}

const readReport = async (name = 'facts-report.json') => JSON.parse(await readFile(path.join(folder, name), 'utf8'));

function expectNothingLeft(): void {
  const { clients, authorizations } = sandbox.state();
  expect(clients).toEqual([]);
  expect(authorizations.filter(({ active }) => active)).toEqual([]);
}

test('one person in a browser makes a report, and a sandbox like it behaves the same', async () => {
  const switches: Partial<Switches> = {
    rememberConsent: true,
    refreshAnswer: 'omit',
    iss: 'right',
    tokenErrors: 'text',
    accessTokenLifetime: 1234,
    requirePkce: true,
    revocationScope: 'member',
  };
  sandbox.setSwitches(switches);
  const { doctor, page } = await login();
  expect(page).toMatch(/^https:\/\/localhost:\d+\/$/);
  await followThePage(page);
  expect(await doctor.ended).toBe(0);
  const report = await readReport();
  expect(report).toMatchObject({ version: 1, instance: 'other', complete: true });
  expect(JSON.parse(/^```json\n(.*)\n```$/s.exec(doctor.stdout.trim())?.[1] ?? '')).toEqual(report);
  expectNothingLeft();
  expect(doctor.stdout + doctor.stderr).not.toContain(sandbox.adminToken);

  const like = start(
    'npm run sandbox',
    '--port',
    '0',
    '--json',
    '--like',
    'facts-report.json',
    '--switch',
    'requireScope=true',
  );
  const { url } = JSON.parse((await like.prints(/^\{.*\}$/m))[0]);
  expect(like.stderr).toContain('refreshAnswer=omit');
  const answer = await fetch(`${url}/__sandbox/switches`);
  expect(await answer.json()).toMatchObject({ switches: { ...switches, requireScope: true } });
});

test('http on this machine is used where LaunchDarkly accepts it; --json prints the report alone; --report names the file', async () => {
  sandbox.setSwitches({ httpLocalhostRedirectUris: true });
  const { doctor, page } = await login('--json', '--report', 'mine.json');
  expect(page).toMatch(/^http:\/\/localhost:\d+\/$/);
  await followThePage(page);
  expect(await doctor.ended).toBe(0);
  const report = await readReport('mine.json');
  expect(JSON.parse(doctor.stdout)).toEqual(report);
  expect(report.facts['client.http-localhost']).toBe('accepted');
});

test('a public redirect URI is registered as it is, and its logins are waited for on --port', async () => {
  const { doctor } = await login('--redirect-uri', 'https://tunnel.example/back', '--port', '0', '--wait', '1');
  const registered = sandbox.state().clients.map(({ redirectUri }) => redirectUri);
  expect(registered).toContain('https://tunnel.example/back');
  expect(await doctor.ended).toBe(1);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s in the middle of a login removes clients and tokens, and writes no report',
  async (signal) => {
    const { doctor, page } = await login();
    const browser = new Browser();
    const step = await browser.visit(page);
    const signIn = await browser.press(step, 'Continue at LaunchDarkly');
    const consent = await browser.press(signIn, 'ada.admin@acme.example');
    await browser.press(consent, 'Authorize');
    await doctor.prints(/Login 2 of 7/);
    expect(sandbox.state().authorizations.filter(({ active }) => active)).toHaveLength(1);
    doctor.child.kill(signal);
    expect(await doctor.ended).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(doctor.stderr).toContain('No report was written.');
    expectNothingLeft();
    expect(await readdir(folder)).not.toContain('facts-report.json');
  },
);

test('what a killed run left is deleted by the next one', async () => {
  const { doctor } = await login();
  doctor.child.kill('SIGKILL');
  await doctor.ended;
  expect(sandbox.state().clients).toHaveLength(2);
  const { doctor: next } = await login('--wait', '1');
  expect(await next.ended).toBe(1);
  expect(next.stderr.match(/which an earlier run left/g)).toHaveLength(2);
  expectNothingLeft();
});

test('nobody comes back: the report says so after --wait, exit 1', async () => {
  const { doctor } = await login('--wait', '1');
  expect(await doctor.ended).toBe(1);
  const { complete, facts, notProbed } = await readReport();
  expect(complete).toBe(false);
  expect(notProbed['token.format']).toBe('Nobody came back within 1 seconds.');
  expect(facts['token.errors']).toBe('rfc');
  expectNothingLeft();
});

test('an answer of another login, and other requests that make no sense, are refused, and the login goes on', async () => {
  const { doctor, page } = await login();
  const browser = new Browser();
  const stranger = await browser.visit(`${page}callback?code=stolen&state=somebody-elses`);
  expect(stranger.status).toBe(400);
  await browser.visit(`${page}/`).catch(() => undefined); // a path that is no URL
  expect((await browser.visit(`${page}favicon.ico`)).status).toBe(404);
  expect((await browser.visit(page)).body).toContain('Login 1 of 7');
  doctor.child.kill('SIGINT');
  await doctor.ended;
});

test.each([
  [['--login'], /There is no terminal to ask on: --yes says yes/],
  [['--login', '--yes', '--wait', 'long'], /--wait must be a number/],
  [['--login', '--yes', '--redirect-uri', 'nowhere'], /--redirect-uri must be a URL/],
  [['--yes'], /go with --login/],
])('%j is refused before anything is registered, exit 2', async (args, why) => {
  const doctor = start('doctor', ...args);
  expect(await doctor.ended).toBe(2);
  expect(doctor.stderr).toMatch(why);
  expect(sandbox.ledger({ method: 'POST' })).toEqual([]);
});

test('a token that may not register clients: what LaunchDarkly said and what to do, exit 1', async () => {
  sandbox.setFaults([{ endpoint: 'clients', fault: 'http_403' }]);
  const doctor = start('doctor', '--login', '--yes');
  expect(await doctor.ended).toBe(1);
  expect(doctor.stderr).toMatch(/403.*Admin role/s);
});

test('a LaunchDarkly that refuses both addresses of this machine: what it said, and the option that helps', async () => {
  sandbox.setFaults([{ endpoint: 'clients', method: 'POST', fault: 'http_400' }]);
  const doctor = start('doctor', '--login', '--yes');
  expect(await doctor.ended).toBe(1);
  expect(doctor.stderr).toMatch(/--redirect-uri https:.*400/s);
});

test('a report that cannot be written is printed anyway', async () => {
  const { doctor } = await login('--wait', '1', '--json', '--report', 'no-such-folder/report.json');
  expect(await doctor.ended).toBe(1);
  expect(JSON.parse(doctor.stdout)).toMatchObject({ version: 1 });
  expect(doctor.stderr).toContain('no-such-folder/report.json cannot be written (ENOENT)');
  expectNothingLeft();
});

test('--like refuses what is no report in one sentence, exit 2', async () => {
  await writeFile(path.join(folder, 'facts-report.json'), '{"version":2,"facts":{}}');
  const like = start('npx launchdarkly-sandbox', '--port', '0', '--like', 'facts-report.json');
  expect(await like.ended).toBe(2);
  expect(like.stderr).toMatch(/^The facts report .* cannot be used: its version is 2, .*\.\n$/);
});

test('--like names a fact that no switch can imitate, and starts', async () => {
  const facts = { 'token.errors': 'html', 'refresh.answer': 'same' };
  await writeFile(path.join(folder, 'facts-report.json'), JSON.stringify({ version: 1, facts }));
  const like = start('npx launchdarkly-sandbox', '--port', '0', '--json', '--like', 'facts-report.json');
  await like.prints(/"url"/);
  expect(like.stderr).toContain('No switch can be set for: token.errors: "html".');
  expect(like.stderr).toContain('refreshAnswer=same');
});
