import { expect, test } from '@jest/globals';
import { createHttp } from '../../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../../support/close-after-each.ts';
import type { Answer } from '../../support/http-server.ts';
import { closedPort, json, startHttpServer } from '../../support/http-server.ts';
import { everythingIn } from '../../support/secrets.ts';

const closing = closeAfterEach();

async function fetched(answer: Answer, body?: unknown) {
  const server = closing(await startHttpServer(answer));
  const http = closing(createHttp({ timeoutMs: 2_000 }));
  const init = { method: 'POST', headers: { 'x-one': '1' }, ...(body === undefined ? {} : { body }) };
  return { response: await http.fetch(`${server.url}/token`, init), server };
}

test('a form goes out as it is, and the answer reads like a Response', async () => {
  const form = new URLSearchParams({ code: 'a+b/c=', redirect_uri: 'https://app.example/cb' });
  const { response, server } = await fetched((_, res) => json(res, 201, { a: 1 }, { 'X-Two': '2' }), form);
  expect(server.requests).toEqual([expect.objectContaining({ method: 'POST', path: '/token', body: form.toString() })]);
  expect(server.requests[0]?.headers['x-one']).toBe('1');
  expect(response).toMatchObject({ status: 201, ok: true, redirected: false, url: `${server.url}/token` });
  expect(Object.prototype.toString.call(response)).toBe('[object Response]');
  expect(response.headers.get('x-TWO')).toBe('2');
  expect(response.headers.get('none')).toBeNull();
  expect(response.bodyUsed).toBe(false);
  expect(await response.clone().json()).toEqual({ a: 1 });
  expect(response.bodyUsed).toBe(false);
  expect(await response.text()).toBe('{"a":1}');
  expect(response.bodyUsed).toBe(true);
});

test('a request without a body has none', async () => {
  const { server } = await fetched((_, res) => json(res, 200, {}));
  expect(server.requests[0]?.body).toBe('');
});

test.each([302, 400, 500])('a %i is an answer, not a failure, and nothing is followed or repeated', async (status) => {
  const { response, server } = await fetched((_, res) => json(res, status, {}, { location: '/elsewhere' }));
  expect(response).toMatchObject({ status, ok: false });
  expect(server.requests).toHaveLength(1);
});

// V8 quotes such texts, but not one that ends too early.
test.each(['geheim', '{"access_token":geheim}'])('JSON that cannot be read is not quoted: %s', async (text) => {
  expect(() => JSON.parse(text)).toThrow(/geheim/);
  const { response } = await fetched((_, res) => res.end(text));
  const error = await response.json().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'SyntaxError' });
  expect(everythingIn(error)).not.toContain('geheim');
});

test('a connection that fails is a TypeError, as fetch has it, with the reason as its cause', async () => {
  const http = closing(createHttp());
  const call = http.fetch(`http://127.0.0.1:${await closedPort()}`, {
    method: 'POST',
    headers: {},
    body: 'geheim',
  });
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    name: 'TypeError',
    message: 'fetch failed',
    cause: { name: 'HttpError', code: 'ECONNREFUSED', sent: false },
  });
  expect(everythingIn(error)).not.toContain('geheim');
});

test('a call can be given up', async () => {
  const server = closing(await startHttpServer(() => {}));
  const http = closing(createHttp());
  const signal = AbortSignal.timeout(50);
  await expect(http.fetch(server.url, { method: 'POST', headers: {}, signal })).rejects.toMatchObject({
    cause: { code: 'ABORTED' },
  });
});
