import type { Express, RequestHandler } from 'express';
import express from 'express';
import { readBody } from './http/body.ts';
import { answerFailure, notFoundPage } from './http/failures.ts';
import { onlyMethods } from './http/not-offered.ts';
import { sameOriginChanges } from './http/same-origin.ts';
import { saveAfterChanges } from './http/save-after-changes.ts';
import { serveStyleSheet } from './http/style-sheet.ts';
import { answerAuthorizationError, authorize } from './oauth/authorize.ts';
import { consent } from './oauth/consent.ts';
import { login } from './oauth/login.ts';
import { metadata } from './oauth/metadata.ts';
import { answerOAuthError } from './oauth/oauth-error.ts';
import { revoke } from './oauth/revoke.ts';
import { token } from './oauth/token.ts';
import { restApi } from './rest/rest-api.ts';
import type { SandboxStore } from './store.ts';

/** The stand-in LaunchDarkly as an Express app: the table of its routes. */
export function createSandboxApp(store: SandboxStore, { guard }: { guard: RequestHandler[] }): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(...guard);
  app.get('/sandbox.css', serveStyleSheet);
  app.use(readBody);

  app.all('/.well-known/oauth-authorization-server', onlyMethods('GET', 'HEAD'), metadata);
  app.use('/trust', saveAfterChanges(store));
  // HEAD is left out of the pages below: a link preview must not spend a login.
  app.all('/trust/oauth/authorize', onlyMethods('GET'), authorize(store));
  app.all('/trust/oauth/login', onlyMethods('GET'), login(store));
  app.all('/trust/oauth/consent', onlyMethods('POST'), sameOriginChanges, consent(store));
  app.all('/trust/oauth/token', onlyMethods('POST'), token(store));
  app.all('/trust/oauth/revoke', onlyMethods('POST'), revoke(store));
  app.use('/trust/oauth', answerAuthorizationError(store), answerOAuthError);
  app.use('/api/v2', restApi(store));

  app.use(notFoundPage, answerFailure);
  return app;
}
