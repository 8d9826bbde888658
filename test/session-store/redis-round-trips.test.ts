import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { redisServer } from '../support/redis-server.ts';
import { type RedisTap, tapRedis } from '../support/redis-tap.ts';
import { authorize, logIn, startTestApp, type TestApp, whoAmI } from '../support/test-app.ts';

const redis = await redisServer();
afterAll(() => redis?.stop());

if (!redis) test('round trips to Redis need redis-server', () => {});
else {
  let tap: RedisTap;
  let app: TestApp;

  beforeAll(async () => {
    tap = await tapRedis(redis.port);
    app = await startTestApp({ env: { SESSION_STORE: `redis://127.0.0.1:${tap.port}` } });
    await logIn(app); // the server does not know the scripts yet
    await logIn(app);
  });
  afterAll(async () => {
    await app.close();
    await tap.close();
  });

  async function roundTripsOf(work: () => Promise<unknown>): Promise<number> {
    const before = tap.roundTrips();
    await work();
    await sleep(50); // what was sent after the answer counts too
    return tap.roundTrips() - before;
  }

  /** As after a few minutes without a request. */
  async function makeExtensionDue(): Promise<void> {
    const soon = `${Date.now() + 60_000}`;
    for (const key of await sessionKeys()) {
      await redis?.command('HSET', key, 'expiresAt', soon);
      await redis?.command('PEXPIREAT', key, soon);
    }
  }

  async function sessionKeys(): Promise<string[]> {
    return (await redis?.command('KEYS', 'login:session:*')) as string[];
  }

  test('a login asks Redis three times: its start, and its callback twice, rate limit included', async () => {
    const browser = new Browser();
    let callback = '';
    expect(await roundTripsOf(async () => (callback = (await authorize(app, { browser })).callback.href))).toBe(1);
    expect(await roundTripsOf(() => browser.request(callback))).toBe(2);
    expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
  });

  test('a page asks Redis once, also when it extends the session', async () => {
    const { browser } = await logIn(app);
    expect(await roundTripsOf(() => whoAmI(app, browser))).toBe(1);
    expect(await roundTripsOf(() => browser.request(`${app.url}/account`))).toBe(1);
    await makeExtensionDue();
    expect(await roundTripsOf(() => whoAmI(app, browser))).toBe(1);
    const extended: [number, number][] = [];
    for (const key of await sessionKeys()) {
      const times = [await redis.command('HGET', key, 'expiresAt'), await redis.command('PEXPIRETIME', key)];
      extended.push(times.map((time) => Number(time) - Date.now()) as [number, number]);
    }
    const hours = 3_600_000;
    expect(extended.filter((times) => times.every((time) => time > 7.9 * hours && time < 8.1 * hours))).toHaveLength(1);
  });

  test('a login of somebody who is logged in asks Redis seven times at the most', async () => {
    const { browser } = await logIn(app);
    let callback = '';
    const login = async () => {
      callback = (await authorize(app, { browser })).callback.href;
      await browser.request(callback);
    };
    expect(await roundTripsOf(login)).toBeLessThanOrEqual(7);
  });

  test('a page of somebody who is not logged in asks Redis nothing', async () => {
    expect(await roundTripsOf(() => whoAmI(app, new Browser()))).toBe(0);
  });
}
