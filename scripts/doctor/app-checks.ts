import { randomUUID } from 'node:crypto';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { readJournal } from '../registration/journal.ts';
import type { Check } from './check.ts';
import { failed, ok, warn } from './check.ts';

/** Whether a session could be saved. */
export const sessionStoreWritable: Check = {
  name: 'session-store',
  title: 'Session store can be written',
  needs: ['SESSION_STORE', 'SESSION_IDLE', 'SESSION_MAX'],
  async run({ config }) {
    const { sessionStore, sessionIdle: idleMs, sessionMax: maxMs, outgoing } = config;
    if (sessionStore === 'memory:') {
      return warn('Sessions are kept in memory and end with the process.', 'SESSION_STORE=file:.data/sessions.db');
    }
    try {
      const store = await openSessionStore(sessionStore, { idleMs, maxMs, ca: outgoing.ca });
      try {
        await store.ping();
        await store.withLock(`doctor-${randomUUID()}`, async () => {});
      } finally {
        await store.close();
      }
      return ok(sessionStore.startsWith('file:') ? sessionStore : 'Redis');
    } catch (error) {
      const why = error instanceof Error ? error.message : 'Unknown reason.';
      return failed(`It cannot be written. ${why}`, 'Fix the store, or choose another with SESSION_STORE.');
    }
  },
};

/** On a connection that looks like plain http, Express silently sets no Secure cookie. */
export const proxyKeepsCookies: Check = {
  name: 'proxy',
  title: 'Proxy set-up keeps Secure cookies',
  needs: ['LD_OAUTH_REDIRECT_URI', 'TLS', 'TRUST_PROXY'],
  run({ config: { tls, redirectUri, trustProxy } }) {
    if (tls.mode === 'proxy' && redirectUri.secure && trustProxy === false) {
      return failed(
        'TLS ends at a proxy that is not trusted, so no Secure cookie is ever set and nobody stays logged in.',
        'TRUST_PROXY=1 (the number of proxies), and let the proxy set X-Forwarded-Proto.',
      );
    }
    if (tls.mode !== 'proxy' && trustProxy !== false) {
      return warn(
        'TRUST_PROXY is set, but the app terminates TLS itself: clients that connect directly can forge their address.',
        'Remove TRUST_PROXY, unless there is a proxy in front of the app anyway.',
      );
    }
    return ok(tls.mode === 'proxy' ? `trusts ${String(trustProxy)}` : 'no proxy in front');
  },
};

/** Whether an earlier registration was interrupted. */
export const nothingUnfinished: Check = {
  name: 'registration',
  title: 'No registration is unfinished',
  async run({ envFile }) {
    const fix = 'npm run bootstrap completes it or rolls it back.';
    try {
      const attempts = await readJournal(envFile);
      return attempts.length === 0 ? ok('none') : warn('An earlier registration was interrupted.', fix);
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error), fix);
    }
  },
};
