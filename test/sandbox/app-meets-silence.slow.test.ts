import { expect, test } from '@jest/globals';
import { logIn, startTestApp } from '../support/test-app.ts';

// In a file of its own, since it lasts as long as the app's time limit.
test('silent: when LaunchDarkly never answers, the app gives up after its time limit and says so', async () => {
  const app = await startTestApp();
  app.sandbox.setFault({ endpoint: 'token', fault: 'silent' });
  const { page } = await logIn(app);
  expect([page.status, page.body]).toEqual([504, expect.stringContaining('provider_timeout')]);
  await app.close();
});
