import type { Express, RequestHandler } from 'express';
import express from 'express';
import { controlApi } from './control/control-api.ts';
import { overview } from './control/overview-route.ts';
import { withFaults } from './faults/fault-injection.ts';
import { allowedMethods } from './http/allowed-methods.ts';
import { readBody } from './http/body.ts';
import { answerFailure, notFoundPage } from './http/failures.ts';
import { onlyLoopbackHosts } from './http/loopback-host.ts';
import { sameOriginChanges } from './http/same-origin.ts';
import { saveAfterChanges } from './http/save-after-changes.ts';
import { serveStyleSheet } from './http/style-sheet.ts';
import { recordExchange } from './ledger/record-exchange.ts';
import { answerAuthorizationError, authorize } from './oauth/authorize.ts';
import { consent } from './oauth/consent.ts';
import { login } from './oauth/login.ts';
import { metadata } from './oauth/metadata.ts';
import { answerOAuthError } from './oauth/oauth-error.ts';
import { openIdToken, userInfo } from './oauth/openid-connect.ts';
import { revoke } from './oauth/revoke.ts';
import { grantOf, refuseDynamicRegistration, token } from './oauth/token.ts';
import { restApi } from './rest/rest-api.ts';
import { answerRestError } from './rest/rest-error.ts';
import type { SandboxStore } from './store.ts';
import type { Tenants } from './tenants.ts';

/** What an app needs besides its store. */
export interface SandboxAppOptions {
  /** What looks at every request first. */
  guard: RequestHandler[];
  publicUrl?: string | undefined;
  /** The tenants that its control API starts and ends. */
  tenants?: Tenants | undefined;
}

/** The stand-in LaunchDarkly as an Express app: the table of its routes. */
export function createSandboxApp(
  store: SandboxStore,
  { guard, publicUrl, tenants }: SandboxAppOptions,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  // Unknown at LaunchDarkly, and most servers are exact: a mistyped path must not pass here only.
  app.enable('case sensitive routing');
  app.enable('strict routing');
  if (publicUrl !== undefined) app.set('publicUrl', publicUrl);
  app.use(recordExchange(store), ...guard);
  app.get('/sandbox.css', serveStyleSheet);
  app.use(readBody);

  app.all(
    '/.well-known/oauth-authorization-server',
    allowedMethods('GET', 'HEAD'),
    withFaults(store, 'metadata', metadata),
  );
  app.use('/trust', saveAfterChanges(store));
  // HEAD is left out of the pages below: a link preview must not spend a login.
  app.all('/trust/oauth/authorize', allowedMethods('GET'), withFaults(store, 'authorize', authorize));
  app.all('/trust/oauth/login', allowedMethods('GET'), login(store));
  app.all('/trust/oauth/consent', allowedMethods('POST'), sameOriginChanges, consent(store));
  app.all('/trust/oauth/token', allowedMethods('POST'), withFaults(store, grantOf, token));
  app.all('/trust/oauth/revoke', allowedMethods('POST'), withFaults(store, 'revoke', revoke));
  app.all('/trust/oauth/register/dcr', allowedMethods('POST'), refuseDynamicRegistration);
  app.all('/trust/oidc/token', allowedMethods('POST'), withFaults(store, grantOf, openIdToken));
  app.all('/trust/oidc/userinfo', allowedMethods('GET', 'HEAD', 'POST'), userInfo(store));
  app.use('/trust/oidc/userinfo', answerRestError);
  app.use('/trust', answerAuthorizationError(store), answerOAuthError(store));
  app.use('/api/v2', restApi(store));

  app.get('/', onlyLoopbackHosts, overview(store));
  app.use('/__sandbox', controlApi(store, tenants));
  app.use(notFoundPage, answerFailure);
  return app;
}
