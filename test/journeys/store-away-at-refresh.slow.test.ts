import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { redisServer } from '../support/redis-server.ts';
import type { TestApp } from '../support/test-app.ts';
import { logIn, startTestApp, whoAmI } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const hour = 3_600_000;
const realNow = Date.now;
const redis = await redisServer();
const title = 'a refresh token that was replaced while the session store was unavailable is not lost';

if (!redis) test(`${title}: needs redis-server`, () => {});
else {
  let app: TestApp;
  let ahead = 0;

  beforeEach(async () => {
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
    app = await startTestApp({ env: { SESSION_STORE: redis.url } });
  });
  afterEach(async () => {
    redis.thaw();
    await app.close();
    await redis.stop();
    jest.restoreAllMocks();
  });

  test(title, async () => {
    const { browser } = await logIn(app);
    const refreshes = () => app.sandbox.ledger().filter(({ endpoint }) => endpoint === 'refresh');
    app.sandbox.setFault({ endpoint: 'refresh', fault: 'slow', delayMs: 300, times: 1 });
    ahead = hour;
    const late = whoAmI(app, browser);
    await until(() => refreshes().length > 0);
    redis.freeze();
    await until(() => refreshes()[0]?.response !== undefined);
    await late;
    redis.thaw();
    await until(async () => (await whoAmI(app, browser)).status !== 503, { everyMs: 20 });
    expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });

    // With the replaced token still at hand the next refresh succeeds; a visit that joins the first renewal does not ask.
    ahead += hour;
    await until(async () => {
      expect((await whoAmI(app, browser)).status).not.toBe(401);
      return refreshes()[1]?.response !== undefined;
    });
    expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
    expect(refreshes().map(({ response }) => response?.status)).toEqual([200, 200]);
    expect(app.log().filter(({ event }) => event === 'session_ended')).toEqual([]);
  });
}
