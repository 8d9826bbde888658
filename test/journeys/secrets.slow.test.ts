import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import type { Front } from '../support/launchdarkly-front.ts';
import { startFront } from '../support/launchdarkly-front.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { listening, registeredAt, startServerProcess } from '../support/server-process.ts';

const ariel = 'ariel.reader@acme.example';
const wrongCode = 'made-up-code-of-somebody';
const json = { accept: 'application/json' };
let sandbox: Sandbox;
let front: Front;
let app: ServerProcess;
let url: string;
let env: Record<string, string>;
const browsers: Browser[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
  front = await startFront(sandbox.url);
  url = `https://localhost:${await freePort()}`;
  env = {
    ...(await registeredAt(sandbox, `${url}/auth/callback`)),
    LD_BASE_URI: `http://127.0.0.1:${front.port}`,
    SESSION_REVALIDATE: '1s',
    LOG_LEVEL: 'trace',
  };
  app = await startServerProcess(env);
  await listening(app);
});

afterAll(async () => {
  await app?.close();
  await front?.close();
  await sandbox?.close();
});

describe.each(['json', 'pretty'])('after every kind of journey, at LOG_LEVEL=trace and LOG_FORMAT=%s,', (format) => {
  test('no secret, token, code, verifier, state or cookie is in the log or on a page', async () => {
    if (format === 'pretty') await restart({ ...env, LOG_FORMAT: 'pretty' });
    await everyJourney();
    app.child.kill('SIGTERM');
    await app.ended;
    const log = app.stdout + app.stderr;
    const pages = browsers
      .flatMap(({ history }) => history)
      .filter(({ url: seen, status }) => seen.startsWith(url) && (status < 300 || status >= 400)) // a redirect repeats its target
      .map(({ body }) => body)
      .join('\n');
    const { secrets, tokens } = secretsSeen();
    expect(tokens.length).toBeGreaterThanOrEqual(2);
    expect([...secrets].filter((secret) => log.includes(secret))).toEqual([]);
    expect([...secrets].filter((secret) => pages.includes(secret))).toEqual([]);
    expect(log).not.toMatch(/[?&](code|state)=|Bearer |Basic |omitted/);
    for (const event of ['login_succeeded', 'logged_out', 'request_failed']) expect(log).toContain(event);
  });
});

async function restart(settings: Record<string, string>): Promise<void> {
  await app.close();
  app = await startServerProcess(settings);
  await app.prints(/Ready/);
}

async function everyJourney(): Promise<void> {
  const member = await loggedIn('/projects');
  const callback = member.history.find(({ url: seen }) => seen.includes('/auth/callback'))?.url ?? '';
  await member.request(callback); // replayed while logged in
  await member.request(`${url}/api/me`, { headers: json });
  await member.request(`${url}/flow`);
  await stranger().request(callback); // replayed by somebody else
  await stranger().request(callback.replace(/code=[^&]*/, `code=${wrongCode}`));
  await expect(badCode()).resolves.toBeGreaterThanOrEqual(400);
  const canceller = await atConsent();
  await canceller.browser.press(canceller.page, 'Cancel');
  await member.request(`${url}/nowhere?token=${wrongCode}`, {
    headers: { authorization: `Bearer ${wrongCode}` },
  });
  await member.request(`${url}/auth/callback?error=server_error&error_description=${wrongCode}`);
  await member.request(`${url}/auth/login?returnTo=//evil.example/${wrongCode}`);
  const home = await member.visit(`${url}/`);
  await member.press(home, 'Log out');
}

/** A code that LaunchDarkly did not issue, in a login that is under way. */
async function badCode(): Promise<number> {
  const browser = stranger();
  const away = await browser.request(`${url}/auth/login`);
  const state = new URL(away.location ?? '').searchParams.get('state') ?? '';
  return (await browser.request(`${url}/auth/callback?code=${wrongCode}&state=${state}`)).status;
}

async function loggedIn(returnTo: string): Promise<Browser> {
  const { browser, page } = await atConsent(returnTo);
  expect((await browser.press(page, 'Authorize')).status).toBe(200);
  return browser;
}

async function atConsent(returnTo = '/') {
  const browser = stranger();
  const away = await browser.request(`${url}/auth/login?returnTo=${returnTo}`);
  const { pathname, search } = new URL(away.location ?? '');
  const personas = await browser.visit(sandbox.url + pathname + search);
  return { browser, page: await browser.press(personas, ariel) };
}

function stranger(): Browser {
  const browser = new Browser();
  browsers.push(browser);
  return browser;
}

/** All that must stay hidden, as it really went over the wire and into cookies. */
function secretsSeen() {
  const tokens = front.bodies.flatMap((body) =>
    [...body.matchAll(/"(?:access|refresh)_token":"([^"]+)"/g)].map(([, token = '']) => token),
  );
  const sent = front.bodies.flatMap((body) =>
    [...body.matchAll(/(?:^|&)(?:code|code_verifier|client_secret|refresh_token|token)=([^&]+)/g)].map(
      ([, value = '']) => decodeURIComponent(value),
    ),
  );
  const queries = browsers.flatMap(({ history }) =>
    history.flatMap(({ url: seen }) => ['code', 'state'].map((name) => new URL(seen).searchParams.get(name) ?? '')),
  );
  const cookies = browsers.flatMap(({ history }) =>
    history
      .filter(({ url: seen }) => seen.startsWith(url))
      .flatMap(({ headers }) =>
        headers.getSetCookie().map((line) => line.slice(line.indexOf('=') + 1, line.indexOf(';'))),
      ),
  );
  const own = [env.LD_OAUTH_CLIENT_SECRET ?? '', env.SESSION_SECRET ?? '', wrongCode, sandbox.adminToken];
  return {
    tokens,
    secrets: new Set([...tokens, ...sent, ...queries, ...cookies, ...own].filter((secret) => secret.length >= 8)),
  };
}
