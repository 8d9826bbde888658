import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RegistrationOptions } from '../../scripts/registration/index.ts';
import { readEnvFile } from '../../src/config/config.ts';
import type { OAuth2Client } from '../../src/launchdarkly/index.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { FlakyProxy } from './flaky-proxy.ts';
import { startFlakyProxy } from './flaky-proxy.ts';

/** A sandbox behind a network that can be made to fail, and an env file of somebody who keeps more in it. */
export interface RegistrationWorld {
  /** What the client under test talks to. */
  readonly proxy: FlakyProxy;
  readonly adminToken: string;
  readonly readerToken: string;
  readonly folder: string;
  readonly envFile: string;
  /** What the person was told and asked. */
  readonly told: string[];
  readonly asked: string[];
  /** For `registerClient` and its like; says yes to everything. */
  options(changes?: Partial<RegistrationOptions>): RegistrationOptions;
  /** Every client at LaunchDarkly with this redirect URI, asked for past the proxy. */
  clients(redirectUri?: string): Promise<OAuth2Client[]>;
  env(): Record<string, string>;
  /** Whether LaunchDarkly takes id and secret of the env file. */
  secretWorks(): Promise<boolean>;
  /** Names of the files in the env file's folder. */
  files(): Promise<string[]>;
  /** The lines of the env file that no registration writes. */
  otherLines(): Promise<string>;
  close(): Promise<void>;
}

export const redirectUri = 'https://app.example.test/auth/callback';

/** As a person keeps it. */
export const keptText = '# my settings\r\nexport PORT=8443 # for the app\r\n\r\nHOST="127.0.0.1"\r\n';

/** A LaunchDarkly behind a proxy of its own, for one world or, where there are hundreds of them, for all. */
export async function startLaunchDarkly(): Promise<{
  sandbox: Sandbox;
  proxy: FlakyProxy;
  close(): Promise<void>;
}> {
  const sandbox = await startSandbox({ port: 0 });
  const proxy = await startFlakyProxy(sandbox.url);
  return {
    sandbox,
    proxy,
    async close() {
      await proxy.close();
      await sandbox.close();
    },
  };
}

/** Worlds that share a LaunchDarkly need a redirect URI each, by which their clients are told apart. */
export async function registrationWorld({
  text = keptText,
  timeoutMs = 1_000,
  shared,
  redirectUri: uri = redirectUri,
}: {
  text?: string;
  timeoutMs?: number;
  shared?: Awaited<ReturnType<typeof startLaunchDarkly>>;
  redirectUri?: string;
} = {}): Promise<RegistrationWorld> {
  const { sandbox, proxy, close } = shared ?? (await startLaunchDarkly());
  const http = createHttp({ timeoutMs });
  const apiToken = sandbox.adminToken;
  const launchDarkly = createLaunchDarkly({ baseUri: proxy.url, http });
  const direct = createLaunchDarkly({ baseUri: sandbox.url, http });
  const folder = await mkdtemp(join(tmpdir(), 'registration-'));
  const envFile = join(folder, '.env');
  if (text) await writeFile(envFile, text, { mode: 0o600 });
  const told: string[] = [];
  const asked: string[] = [];
  return {
    proxy,
    adminToken: sandbox.adminToken,
    readerToken: sandbox.readerToken,
    folder,
    envFile,
    told,
    asked,
    options: (changes) => ({
      launchDarkly,
      apiToken,
      baseUri: proxy.url,
      envFile,
      redirectUri: uri,
      confirm: async ({ text }) => asked.push(text) > 0,
      tell: (text) => void told.push(text),
      ...changes,
    }),
    async clients(asked = uri) {
      const clients = await direct.listOAuth2Clients({ apiToken });
      return clients.filter((client) => client.redirectUri === asked);
    },
    env: () => readEnvFile(envFile),
    secretWorks: () => secretWorks(sandbox.url, readEnvFile(envFile)),
    files: () => readdir(folder),
    otherLines: async () => withoutWritten(await readFile(envFile, 'utf8')),
    async close() {
      await http.close();
      if (!shared) await close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A made-up code earns `invalid_grant` from a server that knows the client. */
export async function secretWorks(url: string, env: Record<string, string>): Promise<boolean> {
  const response = await fetch(`${url}/trust/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'made-up',
      redirect_uri: env.LD_OAUTH_REDIRECT_URI ?? '',
      client_id: env.LD_OAUTH_CLIENT_ID ?? '',
      client_secret: env.LD_OAUTH_CLIENT_SECRET ?? '',
      code_verifier: 'made-up-'.repeat(8),
    }),
  });
  return ((await response.json()) as { error?: string }).error === 'invalid_grant';
}

export function withoutWritten(text: string): string {
  return text.replace(
    /^(LD_OAUTH_CLIENT_ID|LD_OAUTH_CLIENT_SECRET|LD_OAUTH_REDIRECT_URI|LD_ACCOUNT_ID|LD_BASE_URI|SESSION_SECRET)=.*\r?\n/gm,
    '',
  );
}
