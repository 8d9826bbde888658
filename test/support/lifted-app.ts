import { once } from 'node:events';
import type { Express, RequestHandler } from 'express';
import express from 'express';
import session from 'express-session';
import { type Auth, type AuthEvent, LoginError } from '../../src/auth/index.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import {
  createLaunchDarklyAuth,
  type LaunchDarklyAuthOptions,
} from '../../src/launchdarkly-login/launchdarkly-auth.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser, type Page } from './browser.ts';
import { freePort } from './free-port.ts';
import { ariel } from './test-app.ts';

/** A secret that is good enough, for sessions and for the login. */
export const secret = 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs';

/** A client that the sandbox has registered, and its redirect URI. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly accountId: string;
  readonly redirectUri: string;
}

/** A sandbox that accepts redirect URIs with `http://localhost`. */
export const startHttpSandbox = () => startSandbox({ port: 0, switches: { httpLocalhostRedirectUris: true } });

/** Registers a client for an app at this origin. */
export async function registerClient(sandbox: Sandbox, origin: string): Promise<RegisteredClient> {
  const http = createHttp();
  const redirectUri = `${origin}/auth/callback`;
  const api = createLaunchDarkly({ baseUri: sandbox.url, http });
  const client = await api.createOAuth2Client({ apiToken: sandbox.adminToken }, { name: 'Lifted', redirectUri });
  await http.close();
  return { ...client, clientSecret: client.clientSecret ?? '', redirectUri };
}

/** The options that a registered client needs. */
export function optionsOf(sandbox: Sandbox, client: RegisteredClient): LaunchDarklyAuthOptions {
  const { clientId, clientSecret, redirectUri, accountId } = client;
  return {
    baseUri: sandbox.url,
    ...{ clientId, clientSecret, redirectUri, secrets: [secret], allowedAccounts: [accountId] },
  };
}

/** An app of somebody else with our login in it. */
export interface LiftedApp {
  readonly url: string;
  readonly auth: Auth;
  readonly events: AuthEvent[];
  /** The options of its client, for another process of the same app. */
  readonly options: LaunchDarklyAuthOptions;
  close(): Promise<void>;
}

/** What a lifted app is made of. */
export interface LiftedAppParts {
  readonly options?: LaunchDarklyAuthOptions;
  readonly store?: session.Store;
  /** Comes before the session. */
  readonly before?: RequestHandler;
  /** Adds the routes, after the session; mounts `auth.router` itself when `mount` is false. */
  readonly add?: (app: Express, auth: Auth) => void;
  readonly mount?: boolean;
}

/** Serves an Express app with the login on http://localhost. */
export async function startLiftedApp(sandbox: Sandbox, parts: LiftedAppParts = {}): Promise<LiftedApp> {
  const { options = {}, store, before, add, mount = true } = parts;
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const events: AuthEvent[] = [];
  const http = createHttp();
  const client = options.clientId ? {} : optionsOf(sandbox, await registerClient(sandbox, url));
  const auth = createLaunchDarklyAuth({
    ...client,
    http,
    report: (event) => events.push(event),
    ...options,
  });
  const app = express();
  if (before) app.use(before);
  app.use(session({ secret, resave: false, saveUninitialized: false, ...(store && { store }) }));
  if (mount) app.use(auth.router);
  add?.(app, auth);
  app.get('/private', auth.requireLogin, (req, res) => void res.json({ hello: auth.currentUser(req)?.email }));
  app.use(((error, _req, res, _next) => {
    res.status(error.status ?? 500).json({ reason: error instanceof LoginError ? error.reason : String(error) });
  }) as express.ErrorRequestHandler);
  const server = app.listen(port, 'localhost');
  await once(server, 'listening');
  return {
    ...{ url, auth, events, options: client },
    async close() {
      server.close();
      server.closeAllConnections();
      await http.close();
    },
  };
}

/** Logs a persona in, by going to a page that asks for it. */
export async function logInto(url: string, { as = ariel.email, browser = new Browser(), page = '/private' } = {}) {
  const personas = await browser.visit(url + page);
  const answer: Page = await browser.press(await browser.press(personas, as), 'Authorize');
  return { browser, page: answer };
}
