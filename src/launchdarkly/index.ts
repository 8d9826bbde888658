import type { Http } from './http/http.ts';
import { memberOperations } from './members.ts';
import { oauthClientOperations } from './oauth-clients.ts';
import { projectOperations } from './projects.ts';
import { createRestApi } from './rest-api.ts';

export type { ApiErrorReason } from './api-error.ts';
export { apiErrorAdvice, LaunchDarklyApiError, messageWithAdvice } from './api-error.ts';
export { callNotes, failedOperation, headerNotes, type LoginOperation, loginOperation } from './call-notes.ts';
export { cleanLines, cleanText } from './clean-text.ts';
export type { Http, HttpExchange, HttpOptions } from './http/http.ts';
export { createHttp, parseJson } from './http/http.ts';
export { explainConnection, HttpError } from './http/http-error.ts';
export type { CallerIdentity, Member } from './members.ts';
export type { CreatedOAuth2Client, OAuth2Client, OAuth2ClientInput } from './oauth-clients.ts';
export { readClientPage } from './oauth-clients.ts';
export { launchDarklyOAuthServer, launchDarklyUrls } from './oauth-server.ts';
export type { Project } from './projects.ts';
export { type Credential, versionHeader } from './rest-api.ts';

/** The part of LaunchDarkly's REST API that this project uses. Every call throws `LaunchDarklyApiError`. */
export type LaunchDarkly = ReturnType<typeof createLaunchDarkly>;

/** @param options.baseUri origin of the LaunchDarkly instance. A slash at its end does not count. */
export function createLaunchDarkly(options: { baseUri: string; http: Pick<Http, 'request'> }) {
  const baseUri = options.baseUri.replace(/\/+$/, '');
  const callApi = createRestApi({ ...options, baseUri });
  return Object.assign(memberOperations(callApi), projectOperations(callApi), oauthClientOperations(callApi, baseUri));
}
