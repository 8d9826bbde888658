import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import express from 'express';
import type { User } from '../../src/auth/index.ts';
import { addPages } from '../../src/web/pages.ts';
import { sampleUser, views } from '../support/sample-pages.ts';

let server: http.Server | undefined;

afterEach(() => {
  server?.close();
});

/** The pages alone, seen by somebody who is logged in, or not. */
async function startPages(user?: User): Promise<(path: string) => Promise<Response>> {
  const now = Date.now();
  const app = express();
  addPages(app, {
    render: views().render,
    currentUser: () => user,
    requireLogin: (_request, response, next) => (user ? next() : response.redirect(303, '/auth/login')),
    sessionTimes: () => ({
      startedAt: now - 3_600_000,
      verifiedAt: now - 90_000,
      idleExpiresAt: now + 8 * 3_600_000 + 500,
      expiresAt: now + 6 * 86_400_000 + 500,
    }),
    listProjects: async () => [{ key: 'web-shop', name: 'Web shop', tags: [] }],
  });
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return (path) => fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' });
}

test('somebody unknown is invited by a link named "Log in with LaunchDarkly"', async () => {
  const get = await startPages();
  const html = await (await get('/')).text();
  expect(html).toMatch(/<a class="ld-button[^"]*" href="\/auth\/login">Log in with LaunchDarkly<\/a>/);
  expect(html).not.toContain('Log out');
});

test('a member sees name, e-mail, role and account, and can log out by a form', async () => {
  const get = await startPages(sampleUser);
  const html = await (await get('/')).text();
  for (const text of ['Ariel Flores', 'ariel@acme.example', 'writer', '5f2d1c8e9a7b6c0011223344']) {
    expect(html).toContain(text);
  }
  expect(html).toMatch(/<form method="post" action="\/auth\/logout"><button[^>]*>Log out<\/button><\/form>/);
});

test('the account page says what LaunchDarkly says, and when the session ends', async () => {
  const get = await startPages(sampleUser);
  const html = await (await get('/account')).text();
  for (const text of [
    'release-manager',
    'Platform &amp; Tools',
    '1 hour ago',
    '1 minute ago',
    'in 8 hours',
    'in 6 days',
  ]) {
    expect(html).toContain(text);
  }
});

test('the projects page lists what LaunchDarkly shows this member', async () => {
  const get = await startPages(sampleUser);
  expect(await (await get('/projects')).text()).toContain('<td>Web shop</td><td><code>web-shop</code></td>');
});

test('no cache keeps a page, so the back button shows nothing after a logout', async () => {
  const get = await startPages(sampleUser);
  for (const path of ['/', '/account', '/projects']) {
    expect((await get(path)).headers.get('cache-control')).toBe('no-store');
  }
});

test('the logged-out page tells what has ended and what has not', async () => {
  const get = await startPages();
  const html = await (await get('/logged-out')).text();
  expect(html).toContain('You are logged out of this app');
  expect(html).toContain('You are still logged in at LaunchDarkly');
  expect(html).toContain('Your session at app.launchdarkly.com');
  expect(html).toContain('href="https://app.launchdarkly.com"');
});

test('the logged-out page is not shown to somebody who is logged in', async () => {
  const get = await startPages(sampleUser);
  const response = await get('/logged-out');
  expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
});

test('the troubleshooting page has a place for every code that a failure page links to', async () => {
  const get = await startPages();
  const html = await (await get('/troubleshooting')).text();
  for (const code of ['cookies_missing', 'account_not_allowed', 'session_store_unavailable']) {
    expect(html).toContain(`id="${code}"`);
  }
});

test('a link to the earlier name of a code still leads to its entry', async () => {
  const get = await startPages();
  const html = await (await get('/troubleshooting')).text();
  expect(html).toMatch(/<section[^>]* id="provider_invalid_response">\s*<span id="provider_nonsense">/);
});
