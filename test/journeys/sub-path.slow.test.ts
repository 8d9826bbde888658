import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Page } from '../support/browser.ts';
import { Browser } from '../support/browser.ts';
import { selfSigned } from '../support/certificates.ts';
import { startBelowSubPath } from '../support/sub-path-proxy.ts';
import { ariel, logIn, whoAmI } from '../support/test-app.ts';
import { describeWith } from '../support/when-installed.ts';

let pair: { key: string; cert: string };
let sandbox: Sandbox;

beforeAll(async () => {
  pair = await selfSigned('localhost');
  sandbox = await startSandbox({ port: 0 });
});
afterAll(() => sandbox.close());

/** Where the links, forms, styles, scripts and images of a page lead, if on this site. */
function targetsOf(page: Page): string[] {
  if (!page.headers.get('content-type')?.startsWith('text/html')) return [];
  return [...page.body.matchAll(/(?:href|src|action)="(\/[^"#]*)/g)].map(([, target = '']) =>
    target.replaceAll('&amp;', '&'),
  );
}

describe.each(['kept', 'removed'] as const)('below a path that nginx has %s', (prefix) => {
  describeWith('nginx', 'nginx', 'nginx', (executable) => {
    let site: Awaited<ReturnType<typeof startBelowSubPath>>;

    beforeAll(async () => {
      site = await startBelowSubPath({ executable, sandbox, pair, prefix });
    });
    afterAll(() => site?.close());

    test('a login leads back to the very page, and a logout out of it', async () => {
      const browser = new Browser();
      const personas = await browser.visit(`${site.url}/account?tab=roles`);
      const page = await browser.press(await browser.press(personas, ariel.email), 'Authorize');
      expect([page.status, page.url]).toEqual([200, `${site.url}/account?tab=roles`]);
      expect(page.body).toContain(ariel.email);
      expect(await whoAmI(site, browser)).toEqual({ status: 200, email: ariel.email });
      const out = await browser.press(page, 'Log out');
      expect([out.status, out.url]).toEqual([200, `${site.url}/logged-out`]);
      expect(await whoAmI(site, browser)).toEqual({ status: 401 });
    });

    test.each(['/projects', '/tools/ld/projects'])('returnTo=%s leads to a page of the app', async (returnTo) => {
      expect((await logIn(site, { returnTo })).page.url).toBe(`${site.url}/projects`);
    });

    test.each(['//evil.example', '/\\evil.example', 'https://evil.example/', ''])(
      'returnTo=%j leads to the home page of the app',
      async (returnTo) => {
        expect((await logIn(site, { returnTo })).page.url).toBe(`${site.url}/`);
      },
    );

    test('every link, form and asset of every page is below the path, and every link works', async () => {
      const { browser } = await logIn(site);
      const seen = new Set<string>();
      const left = ['', '/', '/account', '/projects', '/flow', '/button', '/troubleshooting', '/nowhere'];
      const strays: string[] = [];
      for (let path = left.shift(); path !== undefined; path = left.shift()) {
        if (seen.has(path)) continue;
        seen.add(path);
        const page = await browser.request(site.url + path);
        const followed = page.location ? await browser.request(page.location) : page; // nginx adds a slash to the bare path
        expect([path, followed.status]).toEqual([path, path === '/nowhere' ? 404 : 200]);
        for (const target of targetsOf(followed)) {
          if (!target.startsWith('/tools/ld/')) strays.push(`${path}: ${target}`);
          else if (!/\/auth\/(login|logout)/.test(target)) left.push(target.slice('/tools/ld'.length));
        }
      }
      expect(strays.filter((stray) => !stray.endsWith('/launchdarkly-button.css'))).toEqual([]);
      expect(seen.size).toBeGreaterThan(12);
    });

    test.each([
      ['wrong-state', /400<\/strong>[\s\S]*login_unknown/],
      ['foreign-return', /\/api\/me<\/code><\/td><td><strong class="">200/],
      ['removed-member', /401<\/strong>[\s\S]*login_required/],
    ])('the experiment %s works, and leads nowhere else', async (name, shows) => {
      const browser = new Browser();
      const form = { guess: 'a' };
      const page = await browser.request(`${site.url}/tutorial/experiments/${name}`, { form });
      expect(page.status).toBe(200);
      expect(page.body).toMatch(shows);
      expect(targetsOf(page).filter((target) => !target.startsWith('/tools/ld/'))).toEqual([]);
    });

    test('failure pages lead to another attempt and to their explanation', async () => {
      const browser = new Browser();
      const failed = await browser.request(`${site.url}/auth/callback?code=a&state=b`);
      expect(failed.status).toBe(400);
      const strays = targetsOf(failed).filter((target) => !target.startsWith('/tools/ld/'));
      expect(strays).toEqual([]);
      expect((await browser.visit(`${site.url}/auth/login`)).url).toContain(sandbox.url);
    });

    test('the flow inspector shows the addresses that the browser used', async () => {
      const { browser } = await logIn(site);
      const { body } = await browser.request(`${site.url}/flow`);
      for (const path of ['/auth/login', '/auth/callback']) expect(body).toContain(`${site.url}${path}`);
      expect(body).toContain('id="step-5"');
    });

    test('an API path gets JSON, also from a page visit', async () => {
      const page = await new Browser().request(`${site.url}/api/me`);
      expect([page.status, JSON.parse(page.body).error.code]).toEqual([401, 'login_required']);
    });

    test('health checks are answered below the path, and straight at the app without it', async () => {
      for (const path of ['/healthz', '/readyz']) {
        expect((await new Browser().request(site.url + path)).status).toBe(200);

        expect((await fetch(site.direct + path)).status).toBe(200);
      }
    });

    test('cookies are for the whole host, because their names begin with __Host-', async () => {
      const { browser } = await logIn(site);
      for (const { line } of browser.cookies(site.url).values())
        if (line.startsWith('__Host-')) expect(line).toMatch(/; Path=\/;/);
    });
  });
});
