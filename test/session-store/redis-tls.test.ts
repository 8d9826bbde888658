import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openSessionStore, type SessionStoreEvent } from '../../src/session-store/open-session-store.ts';
import { privateCa } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { redisServer } from '../support/redis-server.ts';
import { get, newSession, set } from '../support/sessions.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'redis-tls-'));
const pki = await privateCa('localhost');
const tlsPort = await freePort();
const redis = await redisServer(
  ...['--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no'],
  ...Object.entries({ 'cert-file': pki.cert, 'key-file': pki.key, 'ca-cert-file': pki.ca }).flatMap(([name, pem]) => {
    const file = path.join(folder, name);
    writeFileSync(file, pem, { mode: 0o600 });
    return [`--tls-${name}`, file];
  }),
);
const setting = `rediss://localhost:${tlsPort}`;
afterAll(async () => {
  await redis?.stop();
  rmSync(folder, { recursive: true });
});

/** Opens a store over TLS; `events` are what it reports. */
async function open(ca?: string) {
  const events: SessionStoreEvent[] = [];
  const report = (event: SessionStoreEvent) => events.push(event);
  const store = await openSessionStore(setting, { idleMs: 60_000, maxMs: 60_000, ca, report });
  return { store, events };
}

if (!redis) test('Redis over TLS needs redis-server', () => {});
else {
  test('sessions are kept over TLS when the private authority of the server is trusted', async () => {
    const { store, events } = await open(pki.ca);
    await store.ping();
    await set(store, 'over-tls', newSession());
    expect(await get(store, 'over-tls')).not.toBeNull();
    expect(events).toEqual([]);
    await store.close();
  });

  test.each([
    ['no authority is given', undefined],
    ['another authority is given', (await privateCa('localhost')).ca],
  ])('a server is refused, with the reason, when %s', async (_, ca) => {
    const { store, events } = await open(ca);
    const refused = {
      code: 'SESSION_STORE_UNAVAILABLE',
      message: expect.stringMatching(/unable to|self.signed|certificate/i),
    };
    await expect(set(store, 'x', newSession())).rejects.toMatchObject(refused);
    expect(events).toMatchObject([{ event: 'session_store_unavailable', error: refused }]);
    await store.close();
  });
}
