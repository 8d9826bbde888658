import * as v from 'valibot';
import type { Credential, RestApi } from './rest-api.ts';

const projects = v.object({
  items: v.array(v.object({ key: v.string(), name: v.string(), tags: v.optional(v.array(v.string()), []) })),
});

/** A project, as far as this app shows it. */
export type Project = v.InferOutput<typeof projects>['items'][number];

/** `GET /api/v2/projects`: the first twenty that the member may see. https://launchdarkly.com/docs/api/projects/get-projects */
export async function listProjects(callApi: RestApi, credential: Credential): Promise<Project[]> {
  const { items } = await callApi(credential, {
    operation: 'getProjects',
    path: '/api/v2/projects?limit=20',
    schema: projects,
  });
  return items;
}
