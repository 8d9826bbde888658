import type { Http } from './http.ts';
import type * as members from './members.ts';
import type * as clients from './oauth-clients.ts';
import type { Project } from './projects.ts';
import type { Credential } from './rest-api.ts';

export type { ApiErrorReason } from './api-error.ts';
export { LaunchDarklyApiError } from './api-error.ts';
export {
  type CallNote,
  callNotes,
  failedOperation,
  headerNotes,
  type LoginOperation,
  loginOperation,
} from './call-notes.ts';
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

/**
 * The operations are loaded with the first call: what reads LaunchDarkly's answers takes long to import, and nothing needs
 * it to start.
 * @param options.baseUri origin of the LaunchDarkly instance, without a trailing slash.
 */
export function createLaunchDarkly(options: { baseUri: string; http: Pick<Http, 'request'> }): LaunchDarkly {
  let loading: Promise<LaunchDarkly> | undefined;
  const operations = () => {
    loading ??= import('./operations.ts').then(({ createOperations }) => createOperations(options));
    return loading;
  };
  return {
    getCallerIdentity: async (credential) => (await operations()).getCallerIdentity(credential),
    getCurrentMember: async (credential) => (await operations()).getCurrentMember(credential),
    listProjects: async (credential) => (await operations()).listProjects(credential),
    createOAuth2Client: async (...input) => (await operations()).createOAuth2Client(...input),
    listOAuth2Clients: async (credential) => (await operations()).listOAuth2Clients(credential),
    getOAuth2Client: async (...which) => (await operations()).getOAuth2Client(...which),
    patchOAuth2Client: async (...changes) => (await operations()).patchOAuth2Client(...changes),
    deleteOAuth2Client: async (...which) => (await operations()).deleteOAuth2Client(...which),
  };
}
