import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { Browser } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { logIn as logInAs, startTestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import type { Tapped, Wiretap } from '../support/wiretap.ts';
import { startWiretap } from '../support/wiretap.ts';

let app: TestApp;
let wire: Wiretap;

beforeAll(async () => {
  wire = await startWiretap();
  app = await startTestApp({ env: { LD_BASE_URI: wire.url } });
  wire.passTo(app.sandbox.url);
});

afterAll(async () => {
  await app.close();
  await wire.close();
});

/** Logs somebody in through the sandbox's pages, and forgets what was on the wire before. */
async function logIn(browser: Browser, email: string, button = 'Authorize') {
  wire.tapped.length = 0;
  const personas = await browser.visit(`${app.url}/auth/login?returnTo=/account`);
  return browser.press(await browser.press(personas, email), button);
}

/** The requests to LaunchDarkly that the page shows: method, path and status, in order. */
function shownRequests(html: string): string[] {
  const steps = html.split('<li class="message').slice(1);
  return steps.flatMap((step) => {
    const [, method, path] = /<p class="line"><code>(\w+) https?:\/\/127\.0\.0\.1:\d+(\S+)<\/code>/.exec(step) ?? [];
    const [, status] = /<p class="line line--answer"><code>(\w+)/.exec(step) ?? [];
    return method ? [`${method} ${path} ${status}`] : [];
  });
}

/** Whether the app itself sent it: the browser in these tests names itself otherwise. */
function isBackChannel({ requestHeaders }: Tapped): boolean {
  return /^log-in-with-launchdarkly/.test(requestHeaders['user-agent'] ?? '');
}

/** Every secret that went over the wire or lies in the browser. */
function secretsOf(browser: Browser): Map<string, string> {
  const secrets = new Map([['client secret', app.clientSecret]]);
  const keep = (name: string, value: string | null | undefined) =>
    value && secrets.set([value, undefined].includes(secrets.get(name)) ? name : `${name} ${secrets.size}`, value);
  for (const { url, requestBody, responseBody } of wire.tapped) {
    const form = new URLSearchParams(requestBody);
    for (const name of ['code', 'code_verifier']) keep(name, form.get(name));
    for (const name of ['access_token', 'refresh_token']) {
      keep(name, new RegExp(`"${name}":\\s*"([^"]+)"`).exec(responseBody)?.[1]);
    }
    keep('state', url.searchParams.get('state'));
    keep('revoked token', form.get('token'));
  }
  for (const [name, { value }] of browser.cookies(app.url)) keep(`cookie ${name}`, value);
  return secrets;
}

describe('a login through the sandbox', () => {
  test('is shown with exactly the messages in the sandbox’s ledger, and those on the wire, in their order', async () => {
    const browser = new Browser();
    app.sandbox.clearLedger();
    await logIn(browser, 'will.writer@acme.example');
    const onTheWire = wire.tapped
      .filter(isBackChannel)
      .map(({ method, url, status }) => `${method} ${url.pathname} ${status}`);
    const inTheLedger = app.sandbox
      .ledger()
      .reverse()
      .filter(({ endpoint }) => ['token', 'caller-identity', 'members'].includes(String(endpoint)))
      .map(({ request, response }) => `${request.method} ${request.url} ${response?.status}`);
    const { body } = await browser.visit(`${app.url}/flow`);

    // caller-identity and members/me are asked side by side: either may arrive first
    expect(onTheWire.sort()).toEqual(inTheLedger.sort());
    expect(shownRequests(body)).toEqual([
      'GET /trust/oauth/authorize Redirect',
      'POST /trust/oauth/token 200',
      'GET /api/v2/caller-identity 200',
      'GET /api/v2/members/me 200',
    ]);
    expect(shownRequests(body).slice(1).sort()).toEqual(onTheWire);
  });

  test('says of a secret that it is the same only in steps that carry it', async () => {
    const browser = new Browser();
    await logIn(browser, 'will.writer@acme.example');
    const { body } = await browser.visit(`${app.url}/flow`);
    const rowOf = (name: string) => new RegExp(`<dt><code>${name}</code></dt><dd>(.*?)</dd>`).exec(body)?.[1] ?? '';

    // The sandbox's secrets and tokens begin alike and are equally long.
    expect(rowOf('client_secret')).not.toContain('same in step');
    expect(rowOf('access_token').replace(/<[^>]*>/g, '')).toMatch(/same in step 5, 6$/);
  });

  test('shows every parameter of the token request and of the authorization request, and no other', async () => {
    const browser = new Browser();
    await logIn(browser, 'ada.admin@acme.example');
    const { body } = await browser.visit(`${app.url}/flow`);
    const [, , authorize = '', , token = ''] = body.split('<li class="message');
    const names = (step: string, group: string) => {
      const [, table = ''] = step.split(`<h4>${group}</h4>`);
      return [...(table.split('</dl>')[0] ?? '').matchAll(/<dt><code>([^<]+)/g)].map(([, name]) => name);
    };
    const sentTo = (path: string) => wire.tapped.find(({ url }) => url.pathname === path);

    expect(names(token, 'Form fields')).toContain('code_verifier');
    expect(names(authorize, 'Query')).toEqual([...(sentTo('/trust/oauth/authorize')?.url.searchParams.keys() ?? [])]);
    expect(names(token, 'Form fields')).toEqual([
      ...new URLSearchParams(sentTo('/trust/oauth/token')?.requestBody).keys(),
    ]);
  });

  test('leaves no secret, token, code, verifier or cookie value in any page', async () => {
    const browser = new Browser();
    await logIn(browser, 'will.writer@acme.example');
    const secrets = secretsOf(browser);
    for (const path of [
      '/',
      '/account',
      '/projects',
      '/flow',
      '/flow?step=4',
      '/flow/har',
      '/flow/mermaid',
      '/button',
      '/logged-out',
      '/troubleshooting',
      '/nowhere',
    ]) {
      await browser.visit(app.url + path);
    }
    await browser.visit(`${app.url}/auth/callback?code=wrong-code-of-a-replay&state=${secrets.get('state')}`);
    const pages = browser.history
      .filter(({ url, location }) => url.startsWith(app.url) && !location)
      .map(({ url, body }) => ({ url, body }));

    expect([...secrets.keys()]).toEqual(
      expect.arrayContaining(['client secret', 'code', 'code_verifier', 'access_token', 'refresh_token', 'state']),
    );
    expect(pages.length).toBeGreaterThan(7);
    const leaks = pages.flatMap(({ url, body }) =>
      [...secrets]
        .filter(([, value]) => body.includes(value) || body.includes(encodeURIComponent(value)))
        .map(([name]) => `${name} on ${new URL(url).pathname}`),
    );
    expect(leaks).toEqual([]);
  });

  test.each([
    ['token', 'invalid_client', 'client_rejected', 4],
    ['token', 'html_502', 'provider_failed', 4],
    ['token', 'connection_dropped', 'provider_unreachable', 4],
    ['caller-identity', 'broken_json', 'provider_invalid_response', 5],
    ['members', 'other_json', 'provider_invalid_response', 6],
    ['consent', 'wrong_iss', 'response_rejected', 3],
    ['consent', 'server_error', 'authorization_failed', 2],
    ['consent', 'expired_code', 'code_rejected', 4],
  ] as const)(
    'that fails (%s: %s) is shown with its code, red at the right step',
    async (endpoint, fault, code, step) => {
      const browser = new Browser();
      app.sandbox.setFaults([{ endpoint, fault }]);
      await logIn(browser, 'will.writer@acme.example');
      app.sandbox.setFaults([]);
      const { body } = await browser.visit(`${app.url}/flow`);
      expect(body).toContain(`<code>${code}</code>`);
      const red = [...body.matchAll(/ is-failed" id="step-(\d+)"/g)].map(([, number]) => Number(number));
      expect(red).toEqual([step]);
    },
  );

  test('with a call that is repeated shows every attempt', async () => {
    const browser = new Browser();
    app.sandbox.setFaults([{ endpoint: 'caller-identity', fault: 'connection_dropped', times: 1 }]);
    await logIn(browser, 'will.writer@acme.example');
    const { body } = await browser.visit(`${app.url}/flow`);
    expect(body).toContain('It succeeded in 7 messages');
    expect(body).toContain('No answer: ');
  });

  test('that the member cancels is shown as far as it came', async () => {
    const browser = new Browser();
    await logIn(browser, 'will.writer@acme.example', 'Cancel');
    const { body } = await browser.visit(`${app.url}/flow`);
    expect(body).toContain('It failed at step 2 of 3');
    expect(body).toContain('<code>access_denied</code>');
    expect(wire.tapped.filter(isBackChannel)).toEqual([]);
  });

  test('of somebody whose invitation is open shows the messages up to the refusal, and the token handed back', async () => {
    const browser = new Browser();
    await logIn(browser, 'penny.pending@acme.example');
    const { body } = await browser.visit(`${app.url}/flow`);
    expect(body).toContain('<code>invitation_pending</code>');
    expect(shownRequests(body).slice(0, 4)).toEqual([
      'GET /trust/oauth/authorize Redirect',
      'POST /trust/oauth/token 200',
      'GET /api/v2/caller-identity 200',
      'GET /api/v2/members/me 200',
    ]);
  });

  test('that began before another in the same browser keeps its own messages', async () => {
    const browser = new Browser();
    const first = await browser.visit(`${app.url}/auth/login`);
    await browser.visit(`${app.url}/auth/login`);
    await browser.press(await browser.press(first, 'will.writer@acme.example'), 'Authorize');
    const newest = await browser.visit(`${app.url}/flow`);
    const before = await browser.visit(`${app.url}/flow?attempt=2`);
    expect(newest.body).toContain('It is in progress');
    expect(before.body).toContain('It succeeded in 6 messages');
  });

  test('is tied to the browser by a cookie that scripts, other sites and plain http never see', async () => {
    const browser = new Browser();
    await browser.visit(`${app.url}/auth/login`);
    expect(flowCookie(browser, app.url)).toMatch(
      /^__Host-flow-[0-9a-f]{8}=[\w-]{32}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  test('is forgotten at logout', async () => {
    const browser = new Browser();
    await logIn(browser, 'will.writer@acme.example');
    await browser.press(await browser.visit(`${app.url}/account`), 'Log out');
    const { body } = await browser.visit(`${app.url}/flow`);
    expect(body).toContain('Log out, message by message');
    expect(body).not.toContain('will.writer');
  });
});

describe('the downloads', () => {
  /** What the browser's flows look like in every form, by address. */
  async function everyForm(browser: Browser): Promise<Map<string, string>> {
    const { body } = await browser.visit(`${app.url}/flow`);
    const forms = new Map<string, string>();
    for (const [, id] of body.matchAll(/<li><a href="\/flow\?flow=(\d+)"/g)) {
      for (const path of [`/flow?flow=${id}`, `/flow/har?flow=${id}`, `/flow/mermaid?flow=${id}`]) {
        const page = await browser.visit(app.url + path);
        expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store']);
        if (path.startsWith('/flow/')) expect(page.headers.get('content-disposition')).toMatch(/^attachment; /);
        forms.set(path, page.body);
      }
    }
    return forms;
  }

  /** The secrets that occur in any of these texts, as they are or encoded. */
  function leaks(secrets: Map<string, string>, texts: Map<string, string>): string[] {
    return [...secrets].flatMap(([name, value]) =>
      [...texts].flatMap(([path, text]) =>
        [value, encodeURIComponent(value), value.slice(4, 20)]
          .filter((part) => part.length > 12 && text.includes(part))
          .map(() => `${name} in ${path}`),
      ),
    );
  }

  test('hold no secret of a login, a refresh or a logout', async () => {
    const now = Date.now;
    let ahead = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
    app.sandbox.setSwitches({ accessTokenLifetime: 120 });
    const browser = new Browser();
    const page = await logIn(browser, 'will.writer@acme.example');
    ahead = 120_000;
    await browser.visit(`${app.url}/account`);
    const before = await everyForm(browser);
    const secrets = secretsOf(browser);
    await browser.press(page, 'Log out');
    await until(() => wire.tapped.filter(({ url }) => url.pathname.endsWith('/revoke')).length === 2);
    const after = await everyForm(browser);
    app.sandbox.setSwitches({ accessTokenLifetime: 3600 });
    clock.mockRestore();

    expect([before.size, after.size]).toEqual([6, 3]);
    expect([...secretsOf(browser).keys()]).toEqual(expect.arrayContaining(['refresh_token', 'revoked token']));
    const all = new Map([
      ...secrets,
      ...[...secretsOf(browser)].map(([name, value]) => [`${name}, after`, value] as const),
    ]);
    expect(leaks(all, new Map([...before, ...after]))).toEqual([]);
  });

  test('as HAR are what version 1.2 says, with a request and an answer for each message', async () => {
    const browser = new Browser();
    await logIn(browser, 'will.writer@acme.example');
    const { body, headers } = await browser.visit(`${app.url}/flow/har`);
    expect(headers.get('content-type')).toContain('application/json');
    const validate = new Ajv({ strict: false }).compile(har);
    expect([validate(JSON.parse(body)), validate.errors]).toEqual([true, null]);
    const { entries } = JSON.parse(body).log;
    const lines = entries.map((entry: { request: { method: string; url: string }; response: { status: number } }) => {
      const { request, response } = entry;
      return `${request.method} ${new URL(request.url).pathname} ${response.status}`;
    });
    expect(lines).toEqual([
      'GET /auth/login 303',
      'GET /trust/oauth/authorize 0',
      'GET /auth/callback 303',
      'POST /trust/oauth/token 200',
      'GET /api/v2/caller-identity 200',
      'GET /api/v2/members/me 200',
    ]);
  });

  test('as Mermaid have one arrow for each request and answer', async () => {
    const browser = new Browser();
    app.sandbox.setFaults([{ endpoint: 'token', fault: 'invalid_client' }]);
    await logIn(browser, 'will.writer@acme.example');
    app.sandbox.setFaults([]);
    const { body } = await browser.visit(`${app.url}/flow/mermaid`);
    const [first, ...lines] = body.trimEnd().split('\n');
    expect(first).toBe('sequenceDiagram');
    for (const line of lines) {
      expect(line).toMatch(/^ {2}(participant \w+ as [\w ]+|\w+(->>|-->>|--x)\w+: [^;#]+)$/);
    }
    expect(lines.slice(3)).toHaveLength(8);
    expect(lines.at(-2)).toBe('  launchdarkly--xapp: 401');
  });

  test('are there for the browser that logged in, and not for another', async () => {
    const browser = new Browser();
    await logIn(browser, 'will.writer@acme.example');
    for (const path of ['/flow/har', '/flow/mermaid']) {
      expect((await new Browser().visit(app.url + path)).status).toBe(404);
    }
    for (const format of ['pdf', 'constructor'])
      expect((await browser.visit(`${app.url}/flow/${format}`)).status).toBe(404);
  });
});

const pairs = {
  type: 'array',
  items: { type: 'object', required: ['name', 'value'], properties: { name: text(), value: text() } },
};
const sizes = { headersSize: { type: 'integer' }, bodySize: { type: 'integer' }, httpVersion: text() };

function text() {
  return { type: 'string' };
}

/** The parts of http://www.softwareishard.com/blog/har-12-spec/ that are required. */
const har = {
  type: 'object',
  required: ['log'],
  properties: {
    log: {
      type: 'object',
      required: ['version', 'creator', 'entries'],
      properties: {
        version: { const: '1.2' },
        creator: { type: 'object', required: ['name', 'version'] },
        entries: {
          type: 'array',
          items: {
            type: 'object',
            required: ['startedDateTime', 'time', 'request', 'response', 'cache', 'timings'],
            properties: {
              startedDateTime: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$' },
              time: { type: 'number', minimum: 0 },
              request: {
                type: 'object',
                required: [
                  'method',
                  'url',
                  'httpVersion',
                  'cookies',
                  'headers',
                  'queryString',
                  'headersSize',
                  'bodySize',
                ],
                properties: {
                  ...sizes,
                  cookies: pairs,
                  headers: pairs,
                  queryString: pairs,
                  postData: { type: 'object', required: ['mimeType', 'params', 'text'], properties: { params: pairs } },
                },
              },
              response: {
                type: 'object',
                required: [
                  ...['status', 'statusText', 'httpVersion', 'cookies', 'headers', 'content', 'redirectURL'],
                  ...['headersSize', 'bodySize'],
                ],
                properties: {
                  ...sizes,
                  status: { type: 'integer' },
                  cookies: pairs,
                  headers: pairs,
                  content: { type: 'object', required: ['size', 'mimeType'] },
                },
              },
              cache: { type: 'object' },
              timings: { type: 'object', required: ['send', 'wait', 'receive'] },
            },
          },
        },
      },
    },
  },
};

test('nothing is recorded, and the page says so, when the inspector is off', async () => {
  const quiet = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
  const { browser } = await logInAs(quiet);
  expect((await browser.visit(`${quiet.url}/flow`)).body).toContain('The flow inspector is switched off');
  expect(flowCookie(browser, quiet.url)).toBeUndefined();
  await quiet.close();
});

/** The `Set-Cookie` line that binds recorded logins to this browser. */
function flowCookie(browser: Browser, url: string): string | undefined {
  return [...browser.cookies(url)].find(([name]) => name.startsWith('__Host-flow-'))?.[1].line;
}
