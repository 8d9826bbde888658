import type { Credential, RestApi } from './rest-api.ts';

/** A project, as far as this app shows it. */
export interface Project {
  readonly key: string;
  readonly name: string;
  readonly tags: readonly string[];
}

/** `GET /api/v2/projects`: the first twenty that the member may see. https://launchdarkly.com/docs/api/projects/get-projects */
export function listProjects(callApi: RestApi, credential: Credential): Promise<Project[]> {
  return callApi(credential, {
    operation: 'getProjects',
    path: '/api/v2/projects?limit=20',
    read: (body) =>
      body.requiredObjects('items').map((project) => ({
        key: project.id('key'),
        name: project.requiredText('name'),
        tags: project.texts('tags') ?? [],
      })),
  });
}
