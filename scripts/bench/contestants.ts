import { randomBytes } from 'node:crypto';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Contestant } from './contestant.ts';

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

/** Registers the plain app, which has the same job and no protection beyond state and PKCE. */
export async function plainApp(sandbox: Sandbox): Promise<Contestant> {
  const origin = 'https://plain.example.com';
  const { clientId, clientSecret } = await register(sandbox, `${origin}/callback`);
  return {
    name: 'plain',
    entry: 'test/bench/plain-app.mjs',
    loginPath: '/login',
    memberPath: '/me',
    env: {
      LD_BASE_URI: sandbox.url,
      PUBLIC_ORIGIN: origin,
      CLIENT_ID: clientId,
      CLIENT_SECRET: clientSecret,
      SESSION_SECRET: secret(),
    },
  };
}

/**
 * Registers docs/minimal/app.ts. It does more than the plain app: it also asks caller-identity, and redirects to the page
 * that was asked for.
 */
export async function minimalApp(sandbox: Sandbox): Promise<Contestant> {
  const redirectUri = 'https://minimal.example.com/auth/callback';
  const { clientId, clientSecret, accountId } = await register(sandbox, redirectUri);
  return {
    name: 'docs/minimal',
    entry: 'docs/minimal/app.ts',
    preload: ['node_modules/tsx/dist/loader.mjs'],
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
