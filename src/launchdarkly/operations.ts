import type { Http } from './http.ts';
import type { LaunchDarkly } from './index.ts';
import * as members from './members.ts';
import * as clients from './oauth-clients.ts';
import { listProjects } from './projects.ts';
import { createRestApi } from './rest-api.ts';

/** The operations behind `createLaunchDarkly`. */
export function createOperations(options: { baseUri: string; http: Pick<Http, 'request'> }): LaunchDarkly {
  const callApi = createRestApi(options);
  return {
    getCallerIdentity: (credential) => members.getCallerIdentity(callApi, credential),
    getCurrentMember: (credential) => members.getCurrentMember(callApi, credential),
    listProjects: (credential) => listProjects(callApi, credential),
    createOAuth2Client: (credential, input) => clients.createOAuth2Client(callApi, credential, input),
    listOAuth2Clients: (credential) => clients.listOAuth2Clients(callApi, credential, options.baseUri),
    getOAuth2Client: (credential, clientId) => clients.getOAuth2Client(callApi, credential, clientId),
    patchOAuth2Client: (credential, clientId, changes) =>
      clients.patchOAuth2Client(callApi, credential, clientId, changes),
    deleteOAuth2Client: (credential, clientId) => clients.deleteOAuth2Client(callApi, credential, clientId),
  };
}
