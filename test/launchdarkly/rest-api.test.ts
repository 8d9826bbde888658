import type { ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { closedPort, json, startHttpServer, startSocketServer } from '../support/http-server.ts';
import { clientBody, withAdvice } from '../support/rest-answers.ts';
import { everythingIn } from '../support/secrets.ts';

const closing = closeAfterEach();
const apiToken = 'api-geheim-0123';
const input = { name: 'n', redirectUri: 'https://a.example/cb' };

function launchDarkly(baseUri: string, timeoutMs = 2_000) {
  return createLaunchDarkly({ baseUri, http: closing(createHttp({ timeoutMs })) });
}

/** What `createOAuth2Client`, which is never repeated, throws at this answer. */
async function failure(answer: (response: ServerResponse) => void, credential = { apiToken }) {
  const server = closing(await startHttpServer((_, response) => answer(response)));
  const error = await withAdvice(launchDarkly(server.url).createOAuth2Client(credential, input)).then(
    () => Promise.reject(new Error('the call was meant to fail')),
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ name: 'LaunchDarklyApiError', operation: 'createOAuth2Client' });
  expect(everythingIn(error)).not.toContain('geheim');
  return error;
}

describe('an answer that says no', () => {
  test.each([
    [400, 'invalid_request', false],
    [401, 'unauthorized', false],
    [403, 'forbidden', false],
    [404, 'not_found', false],
    [405, 'unexpected_response', false],
    [409, 'conflict', false],
    [418, 'unexpected_response', false],
    [422, 'invalid_request', false],
    [429, 'rate_limited', false],
    [500, 'server_error', true],
    [502, 'server_error', true],
    [503, 'server_error', true],
    [599, 'server_error', true],
    [302, 'unexpected_response', true],
  ])('%i is %s', async (status, reason, mayHaveTakenEffect) => {
    const error = await failure((response) => json(response, status, { code: 'x', message: 'Said so' }));
    expect(error).toMatchObject({ status, reason, mayHaveTakenEffect, serverMessage: 'Said so' });
    expect(error.message).toContain(`with ${status}: "Said so".`);
  });

  test('is understood without a body', async () => {
    const error = await failure((response) => response.writeHead(401).end());
    expect(error).toMatchObject({ status: 401, reason: 'unauthorized', serverMessage: undefined });
    expect(error.message).toContain('with 401, without a message.');
  });

  test.each([
    ['HTML', '<html>geheim</html>'],
    ['broken JSON', '{"message":"geheim'],
    ['other JSON', '["geheim"]'],
    ['a message that is no text', '{"message":{"a":"geheim"}}'],
  ])('is understood and not quoted when its body is %s', async (_, body) => {
    const error = await failure((response) => response.writeHead(403).end(body));
    expect(error).toMatchObject({ status: 403, reason: 'forbidden', serverMessage: undefined });
  });

  test('says which attributes were refused', async () => {
    const errors = [{ attribute: 'redirectUri', reason: 'no https' }, { reason: 'too long' }, {}];
    const body = { code: 'invalid_request', message: 'validation failed', errors };
    expect((await failure((response) => json(response, 400, body))).serverMessage).toMatch(
      /^validation failed; redirectUri: no https; too long/,
    );
  });

  test('keeps its message when the details are strange', async () => {
    const body = { message: 'validation failed', errors: { geheim: 1 } };
    expect((await failure((response) => json(response, 400, body))).serverMessage).toBe('validation failed');
  });

  test('is quoted on one line of bounded length, without control characters', async () => {
    const message = `a\r\nb\u0000\u001b[31mc\u0085\u2028d\u202ee ${'x'.repeat(1_000_000)}`;
    const error = await failure((response) => json(response, 400, { message }));
    expect(error.serverMessage).toMatch(/^a b \[31mc d e x+$/);
    expect(error.serverMessage.length).toBeLessThanOrEqual(300);
    expect(error.message.length).toBeLessThan(1000);
  });

  test('is quoted without the token that it repeats', async () => {
    const message = `Invalid access token ${apiToken} (${apiToken})`;
    const error = await failure((response) => json(response, 401, { message }));
    expect(error.serverMessage).toBe('Invalid access token (the token) ((the token))');
  });

  test('says when to come back', async () => {
    const limited = (headers: Record<string, string>) =>
      failure((response) => json(response, 429, { message: 'Slow down' }, headers));
    expect(await limited({ 'retry-after': '30' })).toMatchObject({
      retryAfterMs: 30_000,
      nextStep: 'Try again in 30 s.',
    });
    expect(await limited({ 'x-ratelimit-reset': '1' })).toMatchObject({ retryAfterMs: 0 });
    expect(await limited({})).toMatchObject({
      retryAfterMs: undefined,
      nextStep: 'Try again in a minute.',
    });
  });
});

describe('an answer that is not LaunchDarkly’s', () => {
  test.each([
    ['HTML', '<html>geheim</html>', 'no JSON'],
    ['broken JSON', '{"_clientSecret":"geheim', 'no JSON'],
    ['nothing', '', 'no JSON'],
    ['a list', '["geheim"]', 'unexpected shape at the top'],
  ])('%s is reported and not quoted, and the call may have acted', async (_, body, problem) => {
    expect(await failure((response) => response.writeHead(201).end(body))).toMatchObject({
      reason: 'unexpected_response',
      status: 201,
      message: expect.stringContaining(`with 201, but: ${problem}.`),
      mayHaveTakenEffect: true,
      likelyCause: expect.stringContaining('Something other than LaunchDarkly answered'),
    });
  });

  test('a redirect is reported, not followed', async () => {
    const error = await failure((response) =>
      response.writeHead(301, { location: 'https://elsewhere.example/geheim' }).end(),
    );
    expect(error).toMatchObject({
      reason: 'unexpected_response',
      likelyCause: 'Something redirects the call, which LaunchDarkly itself does not do.',
    });
  });

  test('a page of a captive portal is no proof that a client was deleted', async () => {
    const server = closing(await startHttpServer((_, response) => response.end('<html>Log in</html>')));
    await expect(launchDarkly(server.url).deleteOAuth2Client({ apiToken }, 'x')).rejects.toMatchObject({
      reason: 'unexpected_response',
    });
  });
});

describe('a call without an answer', () => {
  test('never happened when nobody listens', async () => {
    const call = launchDarkly(`http://127.0.0.1:${await closedPort()}`).createOAuth2Client({ apiToken }, input);
    await expect(call).rejects.toMatchObject({
      reason: 'unreachable',
      code: 'ECONNREFUSED',
      mayHaveTakenEffect: false,
      message: expect.stringContaining('could not be asked (createOAuth2Client): ECONNREFUSED.'),
    });
  });

  test('never happened when the name of the host is unknown', async () => {
    const error = await withAdvice(launchDarkly('http://nowhere.invalid').deleteOAuth2Client({ apiToken }, 'x')).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({
      reason: 'unreachable',
      mayHaveTakenEffect: false,
      likelyCause: 'The name of the host cannot be resolved.',
    });
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test.each([
    ['the connection is reset', undefined],
    ['the answer is cut off', 'HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{"_clientSecret":"geheim'],
    ['the answer is no HTTP', '{"_clientSecret":"geheim"}\r\n\r\n'],
  ])('may have acted when %s', async (_, answer) => {
    const server = closing(
      await startSocketServer((socket) =>
        socket.once('data', () => (answer ? socket.end(answer) : socket.resetAndDestroy())),
      ),
    );
    const error = await launchDarkly(server.url)
      .createOAuth2Client({ apiToken }, input)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'LaunchDarklyApiError', mayHaveTakenEffect: true });
    expect(everythingIn(error)).not.toContain('geheim');
    expect(server.connections()).toBe(1);
  });

  test('may have acted when it takes too long', async () => {
    const server = closing(await startHttpServer(() => {}));
    const call = launchDarkly(server.url, 400).createOAuth2Client({ apiToken }, input);
    await expect(call).rejects.toMatchObject({ reason: 'timeout', code: 'TIMEOUT', mayHaveTakenEffect: true });
    expect(server.requests).toHaveLength(1);
  });

  test('names a token that cannot be sent, without quoting it', async () => {
    const error = await withAdvice(
      launchDarkly('http://127.0.0.1:9').getCallerIdentity({ apiToken: `${apiToken}\n` }),
    ).catch((thrown) => thrown);
    expect(error).toMatchObject({
      mayHaveTakenEffect: false,
      likelyCause: expect.stringContaining('The token contains a character that cannot be sent'),
    });
    expect(everythingIn(error)).not.toContain('geheim');
  });
});

test('reads are repeated, changes are not', async () => {
  let broken = 0;
  const server = closing(
    await startHttpServer((request, response) => {
      if (broken++ % 2 === 0) json(response, 503, {});
      else json(response, 200, request.method === 'GET' ? clientBody : {});
    }),
  );
  const api = launchDarkly(server.url);
  await api.getOAuth2Client({ apiToken }, 'x');
  await expect(api.patchOAuth2Client({ apiToken }, 'x', input)).rejects.toMatchObject({ status: 503 });
  broken = 0;
  await expect(api.deleteOAuth2Client({ apiToken }, 'x')).rejects.toMatchObject({ status: 503 });
  broken = 0;
  await expect(api.createOAuth2Client({ apiToken }, input)).rejects.toMatchObject({ status: 503 });
  expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'PATCH', 'DELETE', 'POST']);
});
