import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { loadAppConfig } from '../../src/config/config.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { startApp } from '../../src/start-app.ts';
import { stopListening } from '../../src/web/listen.ts';
import { createLogger } from '../../src/web/log.ts';

/** The app in front of a sandbox of its own, both listening. */
export interface Site {
  /** The app's origin. */
  readonly url: string;
  readonly sandbox: Sandbox;
  readonly clientSecret: string;
  close(): Promise<void>;
}

/**
 * Starts both as `npm run demo` does, in this process. `settings` go over the app's own; `through` may put something
 * between the app and the sandbox, and returns its URL.
 */
export async function startSite({
  settings = {},
  through = (url: string) => url,
}: {
  settings?: Record<string, string>;
  through?: (sandboxUrl: string) => string | Promise<string>;
} = {}): Promise<Site> {
  const sandbox = await startSandbox({ port: 0 });
  const url = `https://localhost:${await freePort()}`;
  const redirectUri = `${url}/auth/callback`;
  const client = await register(sandbox, redirectUri);
  const config = loadAppConfig({
    envFile: null,
    env: {
      LD_BASE_URI: await through(sandbox.url),
      LD_OAUTH_CLIENT_ID: client.clientId,
      LD_OAUTH_CLIENT_SECRET: client.clientSecret,
      LD_OAUTH_REDIRECT_URI: redirectUri,
      LD_ACCOUNT_ID: client.accountId,
      SESSION_SECRET: randomBytes(32).toString('base64url'),
      SESSION_STORE: 'memory:',
      ...settings,
    },
  });
  const app = await startApp(config, createLogger({ level: 'silent', format: 'json' }));
  return {
    url,
    sandbox,
    clientSecret: client.clientSecret,
    async close() {
      app.server.closeAllConnections();
      await Promise.all([stopListening(app.server), app.close()]);
      await sandbox.close();
    },
  };
}

async function register(sandbox: Sandbox, redirectUri: string) {
  const http = createHttp();
  const launchDarkly = createLaunchDarkly({ baseUri: sandbox.url, http });
  const input = { name: 'Test app', redirectUri };
  const client = await launchDarkly.createOAuth2Client({ apiToken: sandbox.adminToken }, input);
  await http.close();
  if (!client.clientSecret) throw new Error('The sandbox sent no client secret.');
  return { ...client, clientSecret: client.clientSecret };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
