import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createAuth, safeReturnTo } from '../../src/auth/index.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { type LiftedApp, logInto, startHttpSandbox, startLiftedApp } from '../support/lifted-app.ts';

/* A front end on another origin of the same site: `https://app.example.com` beside `https://api.example.com`. */

const spa = 'http://localhost:5173';
const fromSpa = { origin: spa, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const closing = closeAfterEach();
const other = 'http://localhost:5174';
let sandbox: Sandbox;
let app: LiftedApp;
let logouts: unknown[];

beforeAll(async () => {
  sandbox = await startHttpSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  logouts = [];
  app = await startLiftedApp(sandbox, {
    options: {
      origins: [spa],
      onLogout: (req, { user, tokens }) => {
        logouts.push([req.path, user.email, typeof tokens?.accessToken, req.session.launchDarklyLogin !== undefined]);
      },
    },
  });
});
afterEach(() => app.close());

const logOut = (browser: Browser, headers: Record<string, string>) =>
  browser.request(`${app.url}/auth/logout`, { method: 'POST', headers });

describe('returnTo', () => {
  const loginFor = (returnTo: string) => `/auth/login?returnTo=${encodeURIComponent(returnTo)}`;
  const landing = async (returnTo: string) => {
    const browser = new Browser();
    const personas = await browser.visit(app.url + loginFor(returnTo));
    const consent = await browser.press(personas, 'ariel.reader@acme.example');
    const callback = await browser.submit(consent, 'Authorize');
    return (await browser.request(callback.location ?? '')).location;
  };

  test('leads back to a listed origin', async () => {
    expect(await landing(`${spa}/todos?done=1#top`)).toBe(`${spa}/todos?done=1#top`);
  });

  test.each([
    [`${other}/todos`],
    ['http://localhost:51731/'],
    ['http://localhost:5173@evil.example/'],
    ['//localhost:5173/'],
    ['javascript:alert(1)'],
    ['http://user@localhost:5173/'],
  ])('leads to no other: %s', async (returnTo) => {
    expect(await landing(returnTo)).toBe(`${app.url}/`);
  });

  test('is a path where no origin is listed', () => {
    expect(safeReturnTo(`${spa}/todos`)).toBe('/');
    expect(safeReturnTo(`${spa}/todos`, [spa])).toBe(`${spa}/todos`);
  });
});

describe('logout by script', () => {
  test('from a listed origin answers 204 with CORS headers, and the session is over', async () => {
    const { browser } = await logInto(app.url);
    const answer = await logOut(browser, fromSpa);
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(answer.headers.get('access-control-allow-origin')).toBe(spa);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
    expect((await browser.request(`${app.url}/private`, { headers: { accept: 'application/json' } })).status).toBe(401);
    expect(logouts).toEqual([['/auth/logout', 'ariel.reader@acme.example', 'string', true]]);
  });

  test('from an origin that is not listed is refused without CORS headers', async () => {
    const { browser } = await logInto(app.url);
    const answer = await logOut(browser, { ...fromSpa, origin: other });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect((await browser.request(`${app.url}/private`)).status).toBe(200);
    expect(logouts).toEqual([]);
  });

  test('on the same origin answers 204 to a script and a redirect to a form', async () => {
    const script = { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' };
    expect((await logOut((await logInto(app.url)).browser, script)).status).toBe(204);
    expect((await logOut((await logInto(app.url)).browser, { accept: 'application/json' })).status).toBe(204);
    const form = { 'sec-fetch-site': 'same-origin' };
    expect(await logOut((await logInto(app.url)).browser, form)).toMatchObject({ status: 303 });
  });

  test('may be asked for in a preflight by a listed origin only', async () => {
    const ask = (origin: string) =>
      new Browser().request(`${app.url}/auth/logout`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-app' },
      });
    const allowed = await ask(spa);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-methods')).toBe('POST');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('x-app');
    expect((await ask(other)).headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('onLogout that throws ends the session anyway', async () => {
  const options = { onLogout: () => Promise.reject(new Error('no database')) };
  const broken = closing(await startLiftedApp(sandbox, { options }));
  const { browser } = await logInto(broken.url);
  const answer = await browser.request(`${broken.url}/auth/logout`, { method: 'POST' });
  expect(answer.status).toBe(500);
  expect((await browser.request(`${broken.url}/private`, { headers: { accept: '*/*' } })).status).toBe(401);
});

test.each([['https://spa.example.com/'], ['*'], ['spa.example.com'], ['null']])('origins cannot hold %s', (origin) => {
  const options = { origins: [origin] } as unknown as Parameters<typeof createAuth>[0];
  expect(() => createAuth(options)).toThrow(/origins must be a list of origins such as https:/);
});
