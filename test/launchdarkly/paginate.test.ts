import { expect, test } from '@jest/globals';
import { closeAfterEach } from '../support/close-after-each.ts';
import { json } from '../support/http-server.ts';
import { clientBody, startRestApi } from '../support/rest-answers.ts';

const closing = closeAfterEach();
const credential = { apiToken: 'api-123' };
const collection = '/api/v2/oauth/clients';

/** The list of clients in pages of one; `next` says what stands in the link to page n. */
async function paged(next: (page: number, origin: string) => unknown) {
  const api = closing(
    await startRestApi(({ path, headers }, response) => {
      const page = Number(new URL(path, 'http://x').searchParams.get('page') ?? 0);
      const href = next(page + 1, `http://${headers.host}`);
      const links = href === undefined ? {} : { _links: { next: { href, type: 'application/json' } } };
      json(response, 200, { items: [{ ...clientBody, _clientId: `client-${page}` }], ...links });
    }),
  );
  return { api, list: () => api.launchDarkly.listOAuth2Clients(credential) };
}

test.each([
  ['root-relative', (page: number) => `${collection}?page=${page}`],
  ['absolute', (page: number, origin: string) => `${origin}${collection}?page=${page}`],
  ['relative', (page: number) => `clients?page=${page}`],
])('every page is read along %s links, with the same credential', async (_, link) => {
  const { api, list } = await paged((page, origin) => (page < 3 ? link(page, origin) : undefined));
  const clients = await list();
  expect(clients.map(({ clientId }) => clientId)).toEqual(['client-0', 'client-1', 'client-2']);
  expect(api.server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('api-123'));
});

test.each([
  'https://evil.example/api/v2/oauth/clients',
  '//evil.example/api/v2/oauth/clients',
  '\\\\evil.example\\clients',
  'https://',
  'javascript:alert(1)',
  'file:///etc/passwd',
])('a next page at %s is not asked for, so the token stays here', async (href) => {
  const { api, list } = await paged(() => href);
  await expect(list()).rejects.toMatchObject({
    reason: 'unexpected_response',
    operation: 'getOAuthClients',
    message: expect.stringContaining('but: the link to the next page leaves LaunchDarkly.'),
  });
  expect(api.server.requests).toHaveLength(1);
});

test('another port is another place', async () => {
  const { list } = await paged(() => 'http://127.0.0.1:1/api/v2/oauth/clients');
  await expect(list()).rejects.toMatchObject({ reason: 'unexpected_response' });
});

test('user names in a link do not reach the wire', async () => {
  const { api, list } = await paged((page, origin) =>
    page === 1 ? `${origin.replace('//', '//user:pass@')}${collection}?page=1` : undefined,
  );
  expect(await list()).toHaveLength(2);
  expect(api.server.requests[1]).toMatchObject({
    path: `${collection}?page=1`,
    headers: { authorization: 'api-123' },
  });
});

test('pages that go in a circle are noticed', async () => {
  const { api, list } = await paged((page) => `${collection}?page=${page % 2}`);
  await expect(list()).rejects.toMatchObject({
    message: expect.stringContaining('but: its pages do not end.'),
  });
  expect(api.server.requests.length).toBeLessThanOrEqual(3);
});

test('a page that is its own next page is noticed', async () => {
  const { api, list } = await paged(() => `${collection}`);
  await expect(list()).rejects.toMatchObject({
    message: expect.stringContaining('but: its pages do not end.'),
  });
  expect(api.server.requests).toHaveLength(1);
});

test('a hundred pages are read, and no more', async () => {
  const hundred = await paged((page) => (page < 100 ? `${collection}?page=${page}` : undefined));
  expect(await hundred.list()).toHaveLength(100);
  const endless = await paged((page) => `${collection}?page=${page}`);
  await expect(endless.list()).rejects.toMatchObject({
    message: expect.stringContaining('but: its pages do not end.'),
  });
  expect(endless.api.server.requests).toHaveLength(100);
});

test.each([
  ['no links', {}],
  ['no next link', { _links: { self: { href: collection } } }],
  ['a next link of null', { _links: { next: null } }],
  ['links of null', { _links: null }],
])('a list with %s is one page', async (_, links) => {
  const { launchDarkly } = closing(
    await startRestApi((_request, response) => json(response, 200, { items: [clientBody], ...links })),
  );
  expect(await launchDarkly.listOAuth2Clients(credential)).toHaveLength(1);
});

test('an empty list is empty', async () => {
  const { launchDarkly } = closing(await startRestApi((_, response) => json(response, 200, { items: [] })));
  expect(await launchDarkly.listOAuth2Clients(credential)).toEqual([]);
});
