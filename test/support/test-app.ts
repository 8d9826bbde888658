import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { loadAppConfig } from '../../src/config/config.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import { createLogger } from '../../src/logging/log.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { startApp } from '../../src/start-app.ts';
import { Browser, type Page } from './browser.ts';
import { freePort } from './free-port.ts';

export { freePort };

/** Personas of the sandbox that tests log in as. */
export const ariel = { email: 'ariel.reader@acme.example', name: 'Ariel Flores' };
export const ada = { email: 'ada.admin@acme.example', name: 'Ada Lindqvist' };

/** The app, registered at a sandbox of its own, listening on https://localhost. */
export interface TestApp {
  /** The public origin. */
  readonly url: string;
  readonly sandbox: Sandbox;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the log holds so far, one object a line. */
  readonly log: () => Record<string, unknown>[];
  /** Resolves when the log holds a line with these fields: a request's own comes after its answer. */
  logged(fields: Record<string, unknown>): Promise<void>;
  /** The settings it was started with: another process can be started from them. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts both. `env` adds to the settings or replaces them. */
export async function startTestApp(
  options: {
    env?: Record<string, string>;
    sandbox?: SandboxOptions;
    callbackPath?: string;
    scheme?: 'http' | 'https';
  } = {},
): Promise<TestApp> {
  const sandbox = await startSandbox({ port: 0, ...options.sandbox });
  const folder = await mkdtemp(path.join(tmpdir(), 'login-app-'));
  const { scheme = 'https', callbackPath = '/auth/callback' } = options;
  const redirectUri = `${scheme}://localhost:${await freePort()}${callbackPath}`;
  const client = await register(sandbox, redirectUri);
  const env = {
    LD_BASE_URI: sandbox.url,
    LD_OAUTH_CLIENT_ID: client.clientId,
    LD_OAUTH_CLIENT_SECRET: client.clientSecret ?? '',
    LD_OAUTH_REDIRECT_URI: redirectUri,
    LD_ACCOUNT_ID: client.accountId,
    SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
    SESSION_STORE: `file:${path.join(folder, 'sessions.db')}`,
    RATE_LIMIT: '100000',
    ...options.env,
  };
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      destination.emit('line');
      done();
    },
  });
  const config = loadAppConfig({ env, envFile: null });
  const level = options.env?.LOG_LEVEL ? config.logLevel : 'trace';
  const app = await startApp(config, createLogger({ level, format: 'json', destination }));
  return {
    url: config.redirectUri.origin,
    sandbox,
    clientId: env.LD_OAUTH_CLIENT_ID,
    clientSecret: env.LD_OAUTH_CLIENT_SECRET,
    env,
    log: () => [...lines],
    async logged(fields) {
      const wanted = Object.entries(fields);
      const signal = AbortSignal.timeout(15_000);
      while (!lines.some((line) => wanted.every(([name, value]) => line[name] === value)))
        await once(destination, 'line', { signal }).catch((cause) => {
          throw new Error(`Within 15 s nothing was logged with ${JSON.stringify(fields)}`, { cause });
        });
    },
    async close() {
      app.server.closeAllConnections();
      await app.stop();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function register(sandbox: Sandbox, redirectUri: string) {
  const http = createHttp();
  const launchDarkly = createLaunchDarkly({ baseUri: sandbox.url, http });
  const client = await launchDarkly.createOAuth2Client(
    { apiToken: sandbox.adminToken },
    { name: 'Test app', redirectUri },
  );
  await http.close();
  return client;
}

/** Logs in as a person would: link, persona, Authorize. Ends on the page that the login leads to. */
export async function logIn(
  app: Pick<TestApp, 'url'>,
  {
    browser = new Browser(),
    as = ariel.email,
    returnTo = '/',
  }: { browser?: Browser; as?: string; returnTo?: string } = {},
): Promise<{ browser: Browser; page: Page }> {
  const personas = await browser.visit(`${app.url}/auth/login?returnTo=${encodeURIComponent(returnTo)}`);
  const consent = await browser.press(personas, as);
  return { browser, page: await browser.press(consent, 'Authorize') };
}

/** Goes as far as LaunchDarkly's answer: the redirect to the callback is not followed. */
export async function authorize(
  app: Pick<TestApp, 'url'>,
  {
    browser = new Browser(),
    as = ariel.email,
    returnTo = '/',
  }: { browser?: Browser; as?: string; returnTo?: string } = {},
): Promise<{ browser: Browser; callback: URL }> {
  const personas = await browser.visit(`${app.url}/auth/login?returnTo=${encodeURIComponent(returnTo)}`);
  const consent = await browser.press(personas, as);
  const answer = await browser.submit(consent, 'Authorize');
  if (!answer.location) throw new Error(`No redirect to the callback, but ${answer.status}`);
  return { browser, callback: new URL(answer.location) };
}

/** What `GET /api/me` says: the status, and the member's e-mail when somebody is logged in. */
export async function whoAmI(app: Pick<TestApp, 'url'>, browser: Browser): Promise<{ status: number; email?: string }> {
  const { status, body } = await browser.request(`${app.url}/api/me`, {
    headers: { accept: 'application/json' },
  });
  return { status, ...(status === 200 && { email: JSON.parse(body).member.email }) };
}

/** How many sessions the app's store holds. */
export async function storedSessions(app: TestApp): Promise<number> {
  const { default: Database } = await import('libsql');
  const database = new Database((app.env.SESSION_STORE ?? '').slice('file:'.length));
  const [row] = database.prepare('SELECT count(*) AS number FROM sessions').all() as { number: number }[];
  database.close();
  return row?.number ?? -1;
}
