import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, logIn, startTestApp } from '../support/test-app.ts';

/* The app ends TLS itself and nothing removes the path. Through nginx: sub-path.slow.test.ts. */

let app: TestApp;
let home: string;

beforeAll(async () => {
  app = await startTestApp({ callbackPath: '/tools/ld/auth/callback' });
  home = `${app.url}/tools/ld`;
});
afterAll(() => app.close());

test('a login below a path comes back to the page below the path', async () => {
  const { page } = await logIn({ url: home }, { returnTo: '/account?tab=roles' });
  expect([page.status, page.url]).toEqual([200, `${home}/account?tab=roles`]);
  expect(page.body).toContain(ariel.email);
});

test.each(['/tools/ld', '/tools/ld/', '/tools/ld?a=1', '/'])('%s is the home page', async (path) => {
  const { status, body } = await new Browser().request(app.url + path);
  expect([status, body]).toEqual([200, expect.stringContaining('href="/tools/ld/auth/login"')]);
});

test.each([
  ['/tools/ld/account?a=1', '/tools/ld/account?a=1'],
  ['/account', '/tools/ld/account'],
  ['/tools/ld', '/tools/ld/'],
  ['/tools/ldap', '/tools/ld/tools/ldap'],
])('127.0.0.1%s is redirected to %s of the registered origin', async (path, to) => {
  const { status, location } = await new Browser().request(app.url.replace('localhost', '127.0.0.1') + path);
  expect([status, location]).toEqual([308, app.url + to]);
});

test.each(['/tools/ld//evil.example/', '/tools/ld/\\evil.example', '/tools/ld/.//evil.example'])(
  '%s leads to no other site',
  async (path) => {
    for (const host of ['localhost', '127.0.0.1']) {
      const { location } = await new Browser().request(app.url.replace('localhost', host) + path);
      if (location !== undefined) expect([app.url, app.sandbox.url]).toContain(new URL(location).origin);
    }
  },
);

test('requests for the login below the path are limited as well', async () => {
  const { headers } = await new Browser().request(`${home}/auth/login`);
  expect(headers.get('ratelimit')).toMatch(/^"login"/);
});
