import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createApp } from '../../src/app.ts';
import { authPaths } from '../../src/auth/index.ts';
import { loadAppConfig } from '../../src/config/config.ts';
import { isOwnPath, ownPages } from '../../src/config/redirect-uri.ts';
import { createLogger } from '../../src/logging/log.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';

/** As far as Express's routers can be looked into. */
interface Layer {
  readonly route?: { readonly path: string | RegExp | readonly string[] };
  readonly handle: { readonly stack?: readonly Layer[] };
}

test('every route of the app is one of its own paths, so that no callback can be put there', async () => {
  const paths = await routesOfTheApp();
  const pages = paths.filter((path) => path !== '/' && path !== '/a/callback/of/ours');
  expect(pages).toEqual(expect.arrayContaining(['/account', '/auth/login', '/healthz', '/api/me']));
  expect(pages.filter((path) => !isOwnPath(path))).toEqual([]);
});

/** Named in the product's plan, and kept free for it. */
const notYet = ['/tutorial'];

test('every own page is a route of the app', async () => {
  const paths = await routesOfTheApp();
  expect(ownPages.filter((page) => !paths.includes(page) && !notYet.includes(page))).toEqual([]);
});

async function routesOfTheApp(): Promise<string[]> {
  const env = {
    LD_OAUTH_CLIENT_ID: 'id-of-the-client',
    LD_OAUTH_CLIENT_SECRET: 'wq8Zp3Lr7Vd1Kx5Nc9Bm2Hs6',
    LD_ACCOUNT_ID: '569f514183f2164430000002',
    LD_OAUTH_REDIRECT_URI: 'https://localhost:3000/a/callback/of/ours',
    SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
  };
  const config = loadAppConfig({ env, envFile: null });
  const store = await openSessionStore('memory:', { idleMs: 1_000, maxMs: 1_000 });
  const destination = new Writable({ write: (_chunk, _encoding, done) => done() });
  const logger = createLogger({ level: 'silent', format: 'json', destination });
  const app = createApp(config, { store, logger, isStopping: () => false });
  const { stack } = (app.handler as unknown as { router: { stack: readonly Layer[] } }).router;
  await app.close();
  await store.close();
  return [...pathsOf(stack), authPaths.login, authPaths.logout, authPaths.verify];
}

function pathsOf(stack: readonly Layer[]): string[] {
  return stack.flatMap(({ route, handle }) => [
    ...(route ? [route.path].flat().flatMap(spelt) : []),
    ...(handle.stack ? pathsOf(handle.stack) : []),
  ]);
}

/** The login's router takes every path and compares it itself, so that it works under a prefix: `authPaths` names them. */
function spelt(path: string | RegExp | readonly string[]): string[] {
  return path instanceof RegExp ? [] : [String(path)];
}
