import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseRedirectUri } from '../../src/config/redirect-uri.ts';
import { securityHeaders } from '../../src/web/security.ts';
import type { Browser, Page } from '../support/browser.ts';
import { Browser as NewBrowser } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { logIn, startTestApp } from '../support/test-app.ts';

let app: TestApp;
let browser: Browser;

beforeAll(async () => {
  app = await startTestApp();
  ({ browser } = await logIn(app));
});
afterAll(() => app.close());

const personal = ['/', '/account', '/projects', '/api/me', '/flow', '/auth/login', '/auth/callback', '/logged-out'];
const others = ['/button', '/troubleshooting', '/healthz', '/readyz', '/no-such-page'];

describe.each([...personal, ...others])('%s', (path) => {
  test('runs no inline or foreign code, sits in no frame and tells other sites nothing', async () => {
    const { headers } = await browser.request(`${app.url}${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(directives(policy)).toMatchObject({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'form-action': "'self'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    });
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('permissions-policy')).toContain('camera=()');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('etag')).toBeNull();
  });

  test('is kept by no cache', async () => {
    const { headers } = await browser.request(`${app.url}${path}`);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

test('only files whose address changes with their content are kept by caches', async () => {
  const { body } = await browser.request(app.url);
  const [, href = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(body) ?? [];
  const { status, headers } = await browser.request(app.url + href);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(headers.getSetCookie()).toEqual([]);
});

test('every cookie is __Host-, HttpOnly, Secure and SameSite=Lax', async () => {
  const visitor = new NewBrowser();
  await logIn(app, { browser: visitor });
  const lines = visitor.history.filter(isOurs).flatMap(({ headers }) => headers.getSetCookie());
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) {
    expect(line).toMatch(/^__Host-/);
    expect(line).toMatch(/; Path=\/;.*HttpOnly; Secure; SameSite=Lax$/);
  }
});

function isOurs({ url }: Page): boolean {
  return url.startsWith(app.url);
}

describe('Strict-Transport-Security and upgrade-insecure-requests', () => {
  test.each([
    'https://localhost:3000/cb',
    'https://127.0.0.1:3000/cb',
    'https://[::1]:3000/cb',
    'https://app.localhost/cb',
    'https://app.test/cb',
    'http://localhost:3000/cb',
  ])('are not sent for %s, where they would break its neighbours', (redirectUri) => {
    const headers = headersFor(redirectUri);
    expect(headers.get('strict-transport-security')).toBeUndefined();
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
  });

  test('are sent for a public name', () => {
    const headers = headersFor('https://app.example.com/auth/callback');
    expect(headers.get('strict-transport-security')).toBe('max-age=63072000');
    expect(headers.get('content-security-policy')).toContain('upgrade-insecure-requests');
  });
});

/** What the middleware sets on an answer. */
function headersFor(redirectUri: string): Map<string, unknown> {
  const headers = new Map<string, unknown>();
  const response = {
    setHeader: (name: string, value: unknown) => headers.set(name.toLowerCase(), value),
    removeHeader: (name: string) => headers.delete(name.toLowerCase()),
  };
  const middleware = securityHeaders(parseRedirectUri(redirectUri)) as unknown as (
    req: object,
    res: object,
    next: () => void,
  ) => void;
  middleware({}, response, () => {});
  return headers;
}

function directives(policy: string): Record<string, string> {
  return Object.fromEntries(
    policy.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(' ');
      return [name, sources.join(' ')];
    }),
  );
}
