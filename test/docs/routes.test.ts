import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { documents, read, untrue } from '../support/documents.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, startTestApp } from '../support/test-app.ts';

/** What LaunchDarkly does not have either, the beginning of paths, a place in a container. */
const elsewhere = new Set(['/.well-known/openid-configuration', '/api/', '/app/.data']);
const route = /`((?:(?:GET|POST|PUT|PATCH|DELETE) )?\/[\w./{}-]*)(?:\?[^`]*)?`/g;

let app: TestApp;
const answered = new Map<string, boolean>();

beforeAll(async () => {
  app = await startTestApp({ sandbox: { switches: { openIdConnect: true } } });
  for (const [, name = ''] of documents.flatMap((document) => [...read(document).matchAll(route)])) {
    if (!answered.has(name)) answered.set(name, elsewhere.has(name) || (await isAnswered(name)));
  }
});

afterAll(() => app.close());

test('documents name only routes that answer', () => {
  expect(answered.size).toBeGreaterThan(20);
  expect(untrue(route, (name) => answered.get(name) === true)).toEqual([]);
});

/** Whether anybody is at home: the sandbox for LaunchDarkly's paths, the app for all others. */
async function isAnswered(name: string): Promise<boolean> {
  const [path = '', method] = name.split(' ').reverse();
  const atSandbox = /^\/(trust|api\/v2|__sandbox|\.well-known)\b/.test(path);
  const id = /\{(id|key)\}/.test(path) ? await idFor(path) : '';
  const url = `${atSandbox ? app.sandbox.url : app.url}${path.replace(/\{(id|key)\}/, id)}`;
  const headers = { accept: 'application/json', authorization: app.sandbox.adminToken };
  const { status } = await new Browser().request(url, { ...(method && { method }), headers });
  return status !== 404 && (status !== 405 || method === undefined);
}

/** A persona, or a client made for this one request: other requests delete clients. */
async function idFor(path: string): Promise<string> {
  if (path.includes('personas')) return ariel.email;
  if (path.includes('teams')) return 'growth';
  if (path.includes('projects')) return 'storefront';
  if (path.includes('members')) {
    return app.sandbox.personas().find(({ email }) => email === ariel.email)?.id ?? '';
  }
  const answer = await fetch(`${app.sandbox.url}/api/v2/oauth/clients`, {
    method: 'POST',
    headers: { authorization: app.sandbox.adminToken, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'For one request', redirectUri: 'https://app.example.test/callback' }),
  });
  return ((await answer.json()) as { _clientId: string })._clientId;
}
