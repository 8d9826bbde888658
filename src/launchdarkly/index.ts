import type { Http } from './http.ts';
import * as members from './members.ts';
import * as clients from './oauth-clients.ts';
import { listProjects, type Project } from './projects.ts';
import { type Credential, createRestApi } from './rest-api.ts';

export type { ApiErrorReason } from './api-error.ts';
export { LaunchDarklyApiError } from './api-error.ts';
export type { Http, HttpExchange, HttpOptions } from './http.ts';
export { createHttp } from './http.ts';
export { HttpError } from './http-error.ts';
export type { CallerIdentity, Member } from './members.ts';
export type { CreatedOAuth2Client, OAuth2Client, OAuth2ClientInput } from './oauth-clients.ts';
export { type LaunchDarklyOAuthServer, launchDarklyOAuthServer } from './oauth-server.ts';
export type { Project } from './projects.ts';
export type { Credential } from './rest-api.ts';

/** The part of LaunchDarkly's REST API that this project uses. Every call throws `LaunchDarklyApiError`. */
export interface LaunchDarkly {
  getCallerIdentity(credential: Credential): Promise<members.CallerIdentity>;
  getCurrentMember(credential: Credential): Promise<members.Member>;
  listProjects(credential: Credential): Promise<Project[]>;
  createOAuth2Client(
    credential: Credential,
    input: clients.OAuth2ClientInput,
  ): Promise<clients.CreatedOAuth2Client>;
  listOAuth2Clients(credential: Credential): Promise<clients.OAuth2Client[]>;
  getOAuth2Client(credential: Credential, clientId: string): Promise<clients.OAuth2Client>;
  patchOAuth2Client(
    credential: Credential,
    clientId: string,
    changes: Partial<clients.OAuth2ClientInput>,
  ): Promise<clients.OAuth2Client>;
  deleteOAuth2Client(credential: Credential, clientId: string): Promise<void>;
}

/** @param options.baseUri origin of the LaunchDarkly instance, without a trailing slash. */
export function createLaunchDarkly(options: { baseUri: string; http: Pick<Http, 'request'> }): LaunchDarkly {
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
