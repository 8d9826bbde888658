import { randomUUID } from 'node:crypto';
import { readJournal } from '../registration/journal.ts';
import { openSessionStore, type SessionStoreOptions } from '../session-store/open-session-store.ts';
import type { Check } from './check.ts';
import { failed, isWrong, ok, skipped, warn } from './check.ts';

export const sessionStoreWritable: Check = {
  name: 'session-store',
  title: 'Session store can be written',
  async run(setup) {
    const { sessionStore, sessionIdle, sessionMax, outgoing } = setup.config;
    if (isWrong(setup, 'SESSION_STORE', 'SESSION_IDLE', 'SESSION_MAX')) {
      return skipped('the settings of the session have to be fixed first');
    }
    if (sessionStore === 'memory:') {
      return warn('Sessions are kept in memory and end with the process.', 'SESSION_STORE=file:.data/sessions.db');
    }
    try {
      await writeAndRemove(sessionStore, { idleMs: sessionIdle, maxMs: sessionMax, ca: outgoing.ca });
      return ok(sessionStore.startsWith('file:') ? sessionStore : 'Redis');
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown reason';
      return failed(`It cannot be written. ${why}`, 'Fix the store, or choose another with SESSION_STORE.');
    }
  },
};

/** Express sets no Secure cookie on a connection that it takes for plain http, and says nothing about it. */
export const proxyKeepsCookies: Check = {
  name: 'proxy',
  title: 'Proxy set-up keeps Secure cookies',
  run(setup) {
    const { tls, redirectUri, trustProxy } = setup.config;
    if (isWrong(setup, 'LD_OAUTH_REDIRECT_URI', 'TLS', 'TRUST_PROXY')) {
      return skipped('the settings of the proxy have to be fixed first');
    }
    if (tls.mode === 'proxy' && redirectUri.secure && trustProxy === false) {
      return failed(
        'TLS ends at a proxy that is not trusted, so no Secure cookie is ever set and nobody stays logged in.',
        'TRUST_PROXY=1 (the number of proxies), and let the proxy set X-Forwarded-Proto.',
      );
    }
    if (tls.mode !== 'proxy' && trustProxy !== false) {
      return warn(
        'TRUST_PROXY is set, but the app ends TLS itself: whoever reaches it directly can make up an address.',
        'Leave TRUST_PROXY out, unless there is a proxy in front all the same.',
      );
    }
    return ok(tls.mode === 'proxy' ? `trusts ${String(trustProxy)}` : 'no proxy in front');
  },
};

export const nothingUnfinished: Check = {
  name: 'registration',
  title: 'No registration is unfinished',
  async run({ envFile }) {
    const fix = 'npm run bootstrap finishes it, or takes it back.';
    try {
      const attempts = await readJournal(envFile);
      return attempts.length === 0 ? ok('none') : warn('An earlier registration did not finish.', fix);
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error), fix);
    }
  },
};

async function writeAndRemove(setting: string, options: SessionStoreOptions): Promise<void> {
  const store = await openSessionStore(setting, options);
  try {
    await store.ping();
    await store.withLock(`doctor-${randomUUID()}`, async () => {});
  } finally {
    await store.close();
  }
}
