import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRaw } from '../support/raw-http.ts';
import type { TestApp } from '../support/test-app.ts';
import { startTestApp, storedSessions } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { TLS: 'proxy', HOST: '127.0.0.1' } });
});
afterAll(() => app.close());

/** As load balancers ask: by the address of the machine, straight, with no word of a proxy. */
const check = ['Host: 10.0.0.7', 'User-Agent: ELB-HealthChecker/2.0', 'Accept: */*'];

test('health checks that ask for the home page get 200, set no cookie, store no session and warn of nothing', async () => {
  const port = Number(new URL(app.url).port);
  const connection = connectRaw(port);
  for (let count = 0; count < 50; count++) {
    const { status, head } = await connection.request('/', check);
    expect([status, /^set-cookie/im.test(head)]).toEqual([200, false]);
    const { status: again, headers } = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' });
    expect([again, headers.getSetCookie()]).toEqual([200, []]);
  }
  connection.close();
  expect(await storedSessions(app)).toBe(0);
  expect(app.log().filter(({ level }) => level === 'warn' || level === 'error' || Number(level) >= 40)).toEqual([]);
});
