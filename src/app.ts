import type { Express, Request } from 'express';
import express from 'express';
import { authPaths, createAuth, currentUser } from './auth/index.ts';
import type { AppConfig } from './config/config.ts';
import { type MessageClasses, messageClasses } from './http-server/message-classes.ts';
import { createHttp, createLaunchDarkly, launchDarklyOAuthServer } from './launchdarkly/index.ts';
import { createFetchUser } from './launchdarkly-login/fetch-user.ts';
import { type Logger, requestLog } from './logging/log.ts';
import { logAuthEvents } from './logging/log-auth-events.ts';
import type { SessionStore } from './session-store/open-session-store.ts';
import { addApi } from './web/api.ts';
import { createAssets } from './web/assets.ts';
import { addButtonKit } from './web/button-kit.ts';
import { createErrorHandler, describeFailure, notFound } from './web/errors.ts';
import { createFlowInspector } from './web/flow-page.ts';
import { addHealthRoutes } from './web/health.ts';
import { createListProjects } from './web/list-projects.ts';
import { addPages } from './web/pages.ts';
import { createProxyCheck } from './web/proxy-check.ts';
import { createRateLimit } from './web/rate-limit.ts';
import { canonicalOrigin, securityHeaders, usePublicOrigin } from './web/security.ts';
import { createSessionMiddleware } from './web/session.ts';
import { sessionTimes } from './web/session-times.ts';
import { createViews } from './web/views.ts';

/** Milliseconds a call to LaunchDarkly may take: less than a stop waits for, so that a waiting visitor still gets a page. */
const callLimit = 8_000;

/** What the app needs from its caller. */
export interface AppParts {
  readonly store: SessionStore;
  readonly logger: Logger;
  /** Whether the app has been told to stop; `/readyz` says so. */
  readonly isStopping: () => boolean;
}

/** The app, ready to be served. */
export interface App {
  readonly handler: Express;
  /** Serve it with these. */
  readonly messages: MessageClasses;
  /** Loads what the first login needs and a start does not. Rejects when it cannot be loaded. */
  preload(): Promise<void>;
  /** Closes the connections to LaunchDarkly. */
  close(): Promise<void>;
}

/** Puts the app together: the one place where the rooms meet. Makes no network call. */
export function createApp(config: AppConfig, { store, logger, isStopping }: AppParts): App {
  const { baseUri, redirectUri } = config;
  const paths = { ...authPaths, callback: redirectUri.callbackPath };
  const assets = createAssets();
  const { render } = createViews(describeSite(config, assets.href));
  const enabled = config.flowInspector;
  const flow = createFlowInspector({
    enabled,
    origin: redirectUri.origin,
    paths,
    describeFailure,
    render,
    currentUser,
  });
  const http = createHttp({
    timeoutMs: callLimit,
    ...config.outgoing,
    ...(flow.observe && { observe: flow.observe }),
  });
  const launchDarkly = createLaunchDarkly({ baseUri, http });
  const auth = createAuth({
    server: launchDarklyOAuthServer(baseUri),
    clientId: config.clientId,
    clientSecret: config.clientSecret,
    clientAuth: config.clientAuth,
    redirectUri: redirectUri.href,
    scope: config.scope,
    pkce: config.pkce,
    fetch: http.fetch,
    timeoutSeconds: 0, // `http` has a limit of its own
    secrets: config.sessionSecrets,
    fetchUser: createFetchUser(launchDarkly, config),
    maxAge: config.sessionMax,
    revalidateAfter: config.sessionRevalidate,
    withLock: store.withLock,
    report: logAuthEvents(logger),
  });
  const { requireLogin } = auth;
  const times = (req: Request) => sessionTimes(req, { idle: config.sessionIdle, max: config.sessionMax });
  const listProjects = createListProjects(auth, launchDarkly);

  const rateLimit = createRateLimit({
    paths: [paths.login, paths.callback, paths.logout],
    perMinute: config.rateLimit,
    countHit: store.countHit,
    logger,
  });

  const app = express();
  app.disable('x-powered-by').disable('etag').set('trust proxy', config.trustProxy);
  usePublicOrigin(app, redirectUri);
  app.use(requestLog(logger), securityHeaders(redirectUri));
  addHealthRoutes(app, { pingStore: () => store.ping(), isStopping, logger });
  const behindProxy = config.tls.mode === 'proxy';
  if (behindProxy) app.use(createProxyCheck(logger));
  app.use(canonicalOrigin(redirectUri, behindProxy));
  app.use(assets.middleware);
  app.use(rateLimit.middleware);
  app.use(createSessionMiddleware(config, store));
  app.use(...flow.watch(auth.router));
  addApi(app, { requireLogin, sessionTimes: times });
  addPages(app, { render, currentUser, requireLogin, sessionTimes: times, listProjects });
  app.get('/flow', flow.page);
  addButtonKit(app, { render, currentUser });
  app.use(notFound, createErrorHandler({ render, logger }));
  const preload = async () => {
    await Promise.all([http.load(), flow.load(), rateLimit.load()]);
  };
  return { handler: app, messages: messageClasses(app), preload, close: http.close };
}

/** What every page may say about the site. */
function describeSite(config: AppConfig, asset: (name: string) => string) {
  return {
    loginPath: authPaths.login,
    logoutPath: authPaths.logout,
    launchDarklyHref: config.baseUri,
    flowInspector: config.flowInspector,
    asset,
  };
}
