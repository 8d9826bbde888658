import * as v from 'valibot';
import { type Credential, id, maybe, type RestApi } from './rest-api.ts';

const projects = v.pipe(
  v.object({ items: v.array(v.object({ key: id, name: v.string(), tags: maybe(v.array(v.string())) })) }),
  v.transform(({ items }) => items.map(({ key, name, tags }) => ({ key, name, tags: tags ?? [] }))),
);

/** A project, as far as this app shows it. */
export type Project = Readonly<v.InferOutput<typeof projects>[number]>;

/** What a member may see of the account. */
export function projectOperations(callApi: RestApi) {
  return {
    /** `GET /api/v2/projects`: the first twenty that the member may see. https://launchdarkly.com/docs/api/projects/get-projects */
    listProjects(credential: Credential): Promise<Project[]> {
      return callApi(credential, {
        operation: 'getProjects',
        path: '/api/v2/projects?limit=20',
        schema: projects,
      });
    },
  };
}
