/** What the npm package `log-in-with-launchdarkly` offers under its name. */
export * from '../auth/index.ts';
export {
  type CallerIdentity,
  createHttp,
  createLaunchDarkly,
  type Http,
  type HttpOptions,
  type LaunchDarkly,
  LaunchDarklyApiError,
  launchDarklyOAuthServer,
  type Member,
  type Project,
} from '../launchdarkly/index.ts';
export { type Admission, createFetchUser } from './fetch-user.ts';
export { createLaunchDarklyAuth, type LaunchDarklyAuthOptions } from './launchdarkly-auth.ts';
