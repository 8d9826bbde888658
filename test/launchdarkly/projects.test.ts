import { expect, test } from '@jest/globals';
import type { LaunchDarkly } from '../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { json } from '../support/http-server.ts';
import { projectsBody, startRestApi } from '../support/rest-answers.ts';

const closing = closeAfterEach();
const credential = { apiToken: 'api-123' };

/** Our client, against an API with this one answer. */
async function answering(status: number, body: unknown): Promise<LaunchDarkly> {
  return closing(await startRestApi((_, response) => json(response, status, body))).launchDarkly;
}

test('a project keeps key, name and tags, if it has any', async () => {
  const launchDarkly = await answering(200, { items: [...projectsBody.items, { key: 'b', name: 'B' }] });
  expect(await launchDarkly.listProjects(credential)).toEqual([
    { key: 'web', name: 'Web', tags: ['shop'] },
    { key: 'b', name: 'B', tags: [] },
  ]);
});
