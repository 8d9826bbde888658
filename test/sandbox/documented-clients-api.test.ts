import { describe, expect, test } from '@jest/globals';
import { client, sandbox } from './fresh-sandbox.ts';
import { api, authorizeUrl, bodyOf, REDIRECT_URI, registerClient, visit } from './support.ts';

/*
 * What LaunchDarkly documents ("documented": its docs, its OpenAPI document, its own client or Terraform provider) and what
 * was seen of it in public code and captures ("observed"), each said as a sentence and seen at the sandbox.
 */

const create = (body: object) => api(sandbox, 'POST', '/oauth/clients', { body });
const patch = (body: unknown) => api(sandbox, 'PATCH', `/oauth/clients/${client.id}`, { body });
const answer = async (res: Response) => [res.status, await bodyOf(res)];

describe('OAuth2 clients', () => {
  test('documented: POST answers 201 with _clientSecret', async () => {
    const res = await create({ name: 'a', redirectUri: REDIRECT_URI });
    expect([res.status, typeof (await bodyOf(res))._clientSecret]).toEqual([201, 'string']);
  });

  test('documented: the secret appears once, in the 201 of the create call', async () => {
    for (const path of ['/oauth/clients', `/oauth/clients/${client.id}`]) {
      expect(await (await api(sandbox, 'GET', path)).text()).not.toContain('_clientSecret');
    }
    expect(await (await patch([])).text()).not.toContain('_clientSecret');
  });

  test('documented: GET answers 200 {_links, items: Client[]}', async () => {
    expect(await answer(await api(sandbox, 'GET', '/oauth/clients'))).toEqual([
      200,
      {
        _links: { self: { href: '/api/v2/oauth/clients', type: 'application/json' } },
        items: [expect.objectContaining({ _clientId: client.id })],
      },
    ]);
  });

  test('documented: DELETE answers 204, empty', async () => {
    const res = await api(sandbox, 'DELETE', `/oauth/clients/${client.id}`);
    expect([res.status, await res.text()]).toEqual([204, '']);
  });

  test('documented: unknown id: 404', async () => {
    for (const method of ['GET', 'DELETE']) {
      expect((await api(sandbox, method, '/oauth/clients/unknown')).status).toBe(404);
    }
    expect((await api(sandbox, 'PATCH', '/oauth/clients/unknown', { body: [] })).status).toBe(404);
  });

  test('documented: _creationDate is int64 epoch milliseconds', async () => {
    const { _creationDate: created } = await bodyOf(await api(sandbox, 'GET', `/oauth/clients/${client.id}`));
    expect(Math.abs(Number(created) - Date.now())).toBeLessThan(10_000);
  });

  test('documented: several clients per account are allowed', async () => {
    await registerClient(sandbox);
    expect(
      (await bodyOf<{ items: object[] }>(await api(sandbox, 'GET', '/oauth/clients'))).items,
    ).toHaveLength(2);
  });

  test('documented: patchable are /name, /description, /redirectUri only, by replace', async () => {
    for (const attribute of ['name', 'description', 'redirectUri']) {
      expect(
        (await patch([{ op: 'replace', path: `/${attribute}`, value: `${REDIRECT_URI}/2` }])).status,
      ).toBe(200);
    }
    expect((await patch([{ op: 'replace', path: '/scim', value: true }])).status).toBe(400);
  });

  test('documented: Terraform also sends remove for /description', async () => {
    await patch([{ op: 'replace', path: '/description', value: 'x' }]);
    expect((await patch([{ op: 'remove', path: '/description' }])).status).toBe(200);
  });

  test('documented: fields that begin with _ cannot be edited', async () => {
    for (const path of ['/_clientId', '/_accountId', '/_clientSecret', '/_creationDate', '/_links']) {
      expect((await patch([{ op: 'replace', path, value: 'x' }])).status).toBe(400);
    }
  });

  test('documented: a body {"comment", "patch"} is an accepted alternative to the bare array', async () => {
    const operations = [{ op: 'replace', path: '/name', value: 'b' }];
    expect(await bodyOf(await patch({ comment: 'x', patch: operations }))).toMatchObject({ name: 'b' });
  });

  test('documented: redirectUri is an absolute https URL; query parameters are not allowed', async () => {
    for (const redirectUri of ['/callback', 'http://x.example/', `${REDIRECT_URI}?a=b`]) {
      expect((await create({ name: 'a', redirectUri })).status).toBe(400);
    }
  });

  test('observed: https://localhost is used, with a locally trusted certificate', async () => {
    expect((await create({ name: 'a', redirectUri: 'https://localhost:3000/cb' })).status).toBe(201);
  });

  test('observed: a percent-encoded URL in the path of a redirect URI', async () => {
    const redirectUri = 'https://relay.example/to/https%3A%2F%2Flocalhost%3A3000%2Fcb';
    expect((await create({ name: 'a', redirectUri })).status).toBe(201);
  });

  test('observed: redirect URIs match character for character', async () => {
    const res = await visit(authorizeUrl(sandbox, client, { redirect_uri: `${REDIRECT_URI}/` }));
    expect(res.status).toBe(400);
  });

  test('observed: the extra input scim is sent by a community tool', async () => {
    expect((await create({ name: 'a', redirectUri: REDIRECT_URI, scim: true })).status).toBe(201);
  });

  test('documented: the token needs administrator rights', async () => {
    const headers = { Authorization: sandbox.readerToken };
    expect((await api(sandbox, 'GET', '/oauth/clients', { headers })).status).toBe(403);
    const service = { Authorization: sandbox.serviceToken };
    expect((await api(sandbox, 'GET', '/oauth/clients', { headers: service })).status).toBe(200);
  });

  test('observed: the list is paged by _links.next.href, root-relative', async () => {
    await registerClient(sandbox);
    sandbox.setSwitches({ clientListPageSize: 1 });
    const { _links: links } = await bodyOf<{ _links: { next: { href: string } } }>(
      await api(sandbox, 'GET', '/oauth/clients'),
    );
    expect(links.next.href).toMatch(/^\/api\/v2\/oauth\/clients\?/);
  });
});
