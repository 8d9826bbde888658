import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser, type Page } from '../support/browser.ts';
import { blocksOf } from '../support/documents.ts';
import type { TestApp } from '../support/test-app.ts';
import { logIn, startTestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

/** A message as the tutorial shows it, or as it really was. Names only: the text cuts values short. */
interface Message {
  /** Method and path; of what the browser asked the app for, the path alone. */
  readonly what: string;
  /** Of the query, the form or the JSON body. */
  readonly parameters: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
}

const blocks = blocksOf('docs/tutorial.md').filter(({ language }) => language === 'http');
const requests = blocks.filter(({ text }) => !text.startsWith('HTTP/'));
let app: TestApp;
let visited: readonly Page[];
let seen: readonly Message[];

/** A whole life: registered, sent to log in, logged in, the API called, the token refreshed, logged out. */
beforeAll(async () => {
  app = await startTestApp();
  const browser = new Browser();
  await browser.request(`${app.url}/account`);
  await logIn(app, { browser, returnTo: '/account' });
  app.sandbox.advanceClock(2 * 60 * 60 * 1000);
  await browser.visit(`${app.url}/projects`);
  await browser.press(await browser.visit(app.url), 'Log out');
  const revoked = () => app.sandbox.ledger().filter(({ endpoint }) => endpoint === 'revoke');
  await until(() => revoked().length === 2);
  visited = browser.history;
  seen = [
    ...app.sandbox.ledger().map(({ request }) => toMessage(request)),
    ...visited.map(({ url }) => toMessage({ url, method: '', headers: {}, body: '' })),
  ];
});

afterAll(() => app.close());

test('every message that the app and LaunchDarkly exchange is in the tutorial', () => {
  const told = new Set(requests.map(({ text }) => parse(text).what));
  const ofPersons = ['GET /trust/oauth/login', 'POST /trust/oauth/consent'];
  const untold = seen.map(({ what }) => what).filter((what) => /^\w/.test(what) && !told.has(what));
  expect(new Set(untold)).toEqual(new Set(ofPersons));
});

test.each(requests.map((block) => [`${block.document}:${block.line} ${block.text.split('\n')[0]}`, block] as const))(
  '%s is a message that is really sent',
  (_, { text }) => {
    const told = parse(text);
    const candidates = seen.filter(({ what }) => what === told.what || what === told.what.replace(/^\w+/, ''));
    expect(candidates.map(({ parameters }) => parameters)).toContainEqual(told.parameters);
    for (const [name, value] of told.headers) {
      expect(candidates.map(({ headers }) => headers.get(name))).toContainEqual(matching(value));
    }
  },
);

test('the answer that begins the session is the one of the tutorial', () => {
  const told = blocks.find(({ text }) => text.startsWith('HTTP/'))?.text ?? '';
  const callback = visited.find(({ url }) => url.includes('/auth/callback'));
  const cookie = callback?.headers.get('set-cookie') ?? '';
  const [, name = '', attributes = ''] = /^Set-Cookie: (.*?)…=…(.*)$/m.exec(told) ?? [];
  expect(told).toContain(`HTTP/1.1 ${callback?.status} `);
  expect(new URL(callback?.location ?? '').pathname).toBe(/^Location: (.*)$/m.exec(told)?.[1]);
  expect(cookie).toContain(name);
  for (const attribute of attributes.split('; ').filter(Boolean)) expect(cookie).toContain(attribute);
});

function parse(text: string): Message {
  const [head = '', body = ''] = text.trimEnd().split('\n\n');
  const [requestLine = '', ...headers] = head.split('\n');
  const [method = '', url = ''] = requestLine.split(' ');
  return toMessage({
    method,
    url,
    body,
    headers: Object.fromEntries(headers.map((line) => line.split(': '))),
  });
}

function toMessage({
  method,
  url,
  headers,
  body,
}: {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}): Message {
  const { pathname, searchParams } = new URL(url, app?.url ?? 'https://localhost');
  const sent = body.startsWith('{') ? Object.keys(JSON.parse(body)) : [...new URLSearchParams(body).keys()];
  return {
    what: `${method} ${pathname}`,
    parameters: [...searchParams.keys(), ...sent].sort(),
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

/** A header whose value is cut short with `…` in the text. */
function matching(value: string) {
  const [start = ''] = value.split('…');
  return value === 'api-…' ? expect.any(String) : expect.stringMatching(new RegExp(`^${start}`));
}
