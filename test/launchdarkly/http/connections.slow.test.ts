import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createHttp } from '../../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../../support/close-after-each.ts';
import { json, startHttpServer, startSocketServer } from '../../support/http-server.ts';
import { until } from '../../support/until.ts';

const closing = closeAfterEach();
const limit = 128;
/** The server may notice a closed connection a moment after the next one was opened. */
const peakLimit = 2 * limit;

/** How many calls ended with each code, or `ok`. */
async function tally(calls: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const result of await Promise.allSettled(calls)) {
    const outcome = result.status === 'fulfilled' ? 'ok' : String(result.reason.code);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

/** Reads what comes and says nothing. */
const silent = (socket: Socket) => void socket.resume();

test.each(['http', 'https'])(
  'two thousand calls to a server that is silent over %s take a bounded number of connections and end in time',
  async (scheme) => {
    const server = closing(await startSocketServer(silent));
    const http = closing(createHttp({ timeoutMs: 1_000 }));
    const url = server.url.replace('http:', `${scheme}:`);
    const startedAt = performance.now();
    for (let round = 0; round < 3; round++) {
      const calls = many(2_000, () => http.request({ method: 'GET', url }));
      expect(await tally(calls)).toEqual({ TIMEOUT: 2_000 });
      await sleep(300); // until the server has noticed which connections are closed
    }
    expect(server.peakConnections()).toBeLessThanOrEqual(peakLimit);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  },
);

test('a call that was given up while it waited for a connection is never sent, and says so', async () => {
  let answers = false;
  const waiting: (() => void)[] = [];
  const server = closing(
    await startHttpServer((_, response) => {
      const answer = () => json(response, 200, {});
      if (answers) answer();
      else waiting.push(answer);
    }),
  );
  const http = closing(createHttp({ timeoutMs: 20_000 }));
  const running = many(limit, () => http.request({ method: 'POST', url: `${server.url}/running` }));
  const givenUp = many(50, () => new AbortController());
  const late = givenUp.map(({ signal }) =>
    http.request({ method: 'POST', url: `${server.url}/late`, signal }).catch(({ code, sent }) => ({ code, sent })),
  );
  const patient = many(50, () => http.request({ method: 'POST', url: `${server.url}/patient` }));
  await until(() => waiting.length === limit);
  for (const controller of givenUp) controller.abort();
  expect(await Promise.all(late)).toEqual(many(50, () => ({ code: 'ABORTED', sent: false })));

  answers = true;
  for (const answer of waiting) answer();
  expect(await tally([...running, ...patient])).toEqual({ ok: limit + 50 });
  const paths = new Set(server.requests.map(({ path }) => path));
  expect([...paths]).toEqual(['/running', '/patient']);
  expect(server.peakConnections()).toBeLessThanOrEqual(peakLimit);
});

test('a server that answers again after an outage gets the new calls at once', async () => {
  let answers = false;
  const server = closing(
    await startHttpServer((_, response) => {
      if (answers) json(response, 200, {});
    }),
  );
  const http = closing(createHttp({ timeoutMs: 3_000 }));
  const call = () => http.request({ method: 'GET', url: server.url });
  expect(await tally(many(1_000, call))).toEqual({ TIMEOUT: 1_000 });
  answers = true;
  const sentBefore = server.requests.length;
  expect(await tally(many(100, call))).toEqual({ ok: 100 });
  // Some that were given up may still arrive; those that waited for a connection are not sent.
  expect(server.requests.length - sentBefore).toBeLessThanOrEqual(peakLimit + 100);
});
