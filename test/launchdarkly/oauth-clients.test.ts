import { describe, expect, test } from '@jest/globals';
import type { LaunchDarkly } from '../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { json } from '../support/http-server.ts';
import { clientBody, startRestApi } from '../support/rest-answers.ts';

const closing = closeAfterEach();
const credential = { apiToken: 'api-123' };

/** Our client, against an API with this one answer. */
async function answering(status: number, body: unknown): Promise<LaunchDarkly> {
  return closing(await startRestApi((_, response) => json(response, status, body))).launchDarkly;
}

const client = {
  clientId: clientBody._clientId,
  accountId: clientBody._accountId,
  name: 'Team dashboard',
  description: 'For the team',
  redirectUri: clientBody.redirectUri,
  createdAt: 1494437420312,
};

describe('a registered client', () => {
  test('keeps what the app needs, under names of its own', async () => {
    const launchDarkly = await answering(200, clientBody);
    expect(await launchDarkly.getOAuth2Client(credential, 'x')).toEqual(client);
    expect(await launchDarkly.patchOAuth2Client(credential, 'x', { name: 'y' })).toEqual(client);
  });

  test('comes with its secret when it was just created', async () => {
    const launchDarkly = await answering(201, { ...clientBody, _clientSecret: 'S+/=$#' });
    expect(await launchDarkly.createOAuth2Client(credential, client)).toEqual({
      ...client,
      clientSecret: 'S+/=$#',
    });
  });

  test('is not lost when the secret comes with another status than 201', async () => {
    const launchDarkly = await answering(200, { ...clientBody, _clientSecret: 'once' });
    expect(await launchDarkly.createOAuth2Client(credential, client)).toMatchObject({ clientSecret: 'once' });
  });

  test.each([
    ['missing', {}],
    ['null', { _clientSecret: null }],
    ['empty', { _clientSecret: '' }],
  ])('has no secret when that is %s', async (_, secret) => {
    const launchDarkly = await answering(201, { ...clientBody, ...secret });
    expect(await launchDarkly.createOAuth2Client(credential, client)).toEqual({
      ...client,
      clientSecret: undefined,
    });
  });

  test.each([undefined, null])('has an empty description when that is %s', async (description) => {
    const launchDarkly = await answering(200, { ...clientBody, description });
    expect(await launchDarkly.getOAuth2Client(credential, 'x')).toMatchObject({ description: '' });
  });

  test('may have its creation date as text', async () => {
    const launchDarkly = await answering(200, { ...clientBody, _creationDate: '1494437420312' });
    expect(await launchDarkly.getOAuth2Client(credential, 'x')).toMatchObject({ createdAt: 1494437420312 });
  });

  test('may have a name in any script, or an empty one', async () => {
    for (const name of ['', '日本語', 'Přehled', 'لوحة', '👩‍👩‍👧', 'a"\\\u0000b']) {
      const launchDarkly = await answering(200, { ...clientBody, name });
      expect(await launchDarkly.getOAuth2Client(credential, 'x')).toMatchObject({ name });
    }
  });
});
