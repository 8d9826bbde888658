import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { type Contestant, fileOfProject } from './contestant.ts';

/** Registers this app at the sandbox; settings as in production behind a proxy, nothing switched off. */
export async function thisApp(sandbox: Sandbox): Promise<Contestant> {
  const redirectUri = 'https://app.example.com/auth/callback';
  const { clientId, clientSecret, accountId } = await register(sandbox, redirectUri);
  return {
    name: 'this app',
    entry: 'dist/server.js',
    loginPath: '/auth/login',
    memberPath: '/api/me',
    env: {
      LD_BASE_URI: sandbox.url,
      LD_OAUTH_CLIENT_ID: clientId,
      LD_OAUTH_CLIENT_SECRET: clientSecret,
      LD_OAUTH_REDIRECT_URI: redirectUri,
      LD_ACCOUNT_ID: accountId,
      SESSION_SECRET: secret(),
      SESSION_STORE: 'file:sessions.db',
      TLS: 'proxy',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      RATE_LIMIT: '999999999', // counts as ever, and never refuses
    },
  };
}

/** Registers docs/minimal/app.ts, compiled to `dist`: the same job with no protection beyond state and PKCE. */
export async function minimalApp(sandbox: Sandbox): Promise<Contestant> {
  const entry = 'dist/minimal-app.js';
  const source = await readFile(fileOfProject('docs/minimal/app.ts'), 'utf8');
  await writeFile(fileOfProject(entry), (await transform(source, { loader: 'ts', target: 'node20' })).code);
  const redirectUri = 'https://minimal.example.com/auth/callback';
  const { clientId, clientSecret, accountId } = await register(sandbox, redirectUri);
  return {
    name: 'minimal app',
    entry,
    loginPath: '/auth/login',
    memberPath: '/api/me',
    env: {
      LD_BASE_URI: sandbox.url,
      LD_OAUTH_CLIENT_ID: clientId,
      LD_OAUTH_CLIENT_SECRET: clientSecret,
      LD_OAUTH_REDIRECT_URI: redirectUri,
      LD_ACCOUNT_ID: accountId,
      SESSION_SECRET: secret(),
    },
  };
}

/** This app once more for each protection, without just that one; and without all of them. */
export function unprotected(app: Contestant): Contestant[] {
  return [
    { ...app, name: 'store in memory, not on disk', env: { ...app.env, SESSION_STORE: 'memory:' } },
    { ...app, name: 'no log', env: { ...app.env, LOG_LEVEL: 'silent' } },
    without(app, 'no security headers', 'headers'),
    without(app, 'no rate limit', 'rate limit'),
    without(app, 'no sealing', 'sealing'),
    without(
      { ...app, env: { ...app.env, SESSION_STORE: 'memory:', LOG_LEVEL: 'silent' } },
      'none of these',
      'headers,rate limit,sealing',
    ),
  ];
}

function without(app: Contestant, name: string, protections: string): Contestant {
  const env = { ...app.env, BENCH_WITHOUT: protections };
  return { ...app, name, env, preload: ['test/bench/without.mjs'] };
}

async function register(sandbox: Sandbox, redirectUri: string) {
  const http = createHttp();
  try {
    const launchDarkly = createLaunchDarkly({ baseUri: sandbox.url, http });
    const client = await launchDarkly.createOAuth2Client(
      { apiToken: sandbox.adminToken },
      { name: 'Benchmark', redirectUri },
    );
    return { ...client, clientSecret: client.clientSecret ?? '' };
  } finally {
    await http.close();
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}
