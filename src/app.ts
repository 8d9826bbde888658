import type { Express } from 'express';
import express from 'express';
import { authPaths, currentUser } from './auth/index.ts';
import type { AppConfig } from './config/config.ts';
import { createFlowRecorder } from './flow-inspector/flow-recorder.ts';
import { viewFlow } from './flow-inspector/flow-view.ts';
import { type MessageClasses, messageClasses } from './http-server/message-classes.ts';
import { createHttp, createLaunchDarkly } from './launchdarkly/index.ts';
import { createLaunchDarklyAuth, loginOptions } from './launchdarkly-login/launchdarkly-auth.ts';
import { type Logger, logAuthEvents, requestLog } from './logging/log.ts';
import type { SessionStore } from './session-store/open-session-store.ts';
import { createExperiments, type RunExperiment } from './tutorial/run-experiment.ts';
import { watchSandbox } from './tutorial/sandbox-watch.ts';
import { readTutorial } from './tutorial/tutorial-document.ts';
import { createAssets } from './web/assets.ts';
import { createErrorHandler, describeFailure, notFound } from './web/errors.ts';
import { addFlowPages } from './web/flow-page.ts';
import { addHealthRoutes } from './web/health.ts';
import { createListProjects } from './web/list-projects.ts';
import { addPages } from './web/pages.ts';
import { createRateLimit } from './web/rate-limit.ts';
import { canonicalOrigin, createProxyCheck, securityHeaders, serveBelow, usePublicOrigin } from './web/security.ts';
import { createSessionMiddleware, sessionTimes } from './web/session.ts';
import { addTutorial, beforePages } from './web/tutorial-pages.ts';
import { createViews } from './web/views.ts';

/** Milliseconds a call to LaunchDarkly may take: shorter than the shutdown grace period, so pending users get a page. */
const callLimit = 8_000;

/** What the app needs from the program that starts it. */
export interface AppParts {
  readonly store: SessionStore;
  readonly logger: Logger;
  /** Whether the app has been told to stop; `/readyz` reports it. */
  readonly isStopping: () => boolean;
}

/** The app, ready to be served. */
export interface App {
  readonly handler: Express;
  /** The request and response classes for the server. */
  readonly messages: MessageClasses;
  /** Loads what only the first login needs. Rejects when it cannot be loaded. */
  preload(): Promise<void>;
  /** Closes the connections to LaunchDarkly. */
  close(): Promise<void>;
}

/** Wires everything together: calls to LaunchDarkly, the login, the middleware, the pages. Makes no network call. */
export function createApp(config: AppConfig, { store, logger, isStopping }: AppParts): App {
  const { baseUri, redirectUri } = config;
  const { basePath, callbackRoute, site } = redirectUri;
  const paths = { ...authPaths, callback: callbackRoute };

  // 1. Calls to LaunchDarkly.
  const recorder = config.flowInspector
    ? createFlowRecorder({ site, paths, redirectUri: redirectUri.href, describeFailure })
    : undefined;
  const http = createHttp({
    timeoutMs: callLimit,
    ...config.outgoing,
    ...(recorder && { observe: recorder.observe }),
  });
  const launchDarkly = createLaunchDarkly({ baseUri, http });

  // 2. The login.
  const auth = createLaunchDarklyAuth({
    ...loginOptions(config),
    publicBaseUri: config.publicBaseUri,
    paths: { callback: callbackRoute },
    http,
    withLock: store.withLock,
    report: logAuthEvents(logger),
  });

  // 3. What every request passes.
  const behindProxy = config.tls.mode === 'proxy';
  const assets = createAssets();
  const rateLimit = createRateLimit({
    paths: [paths.login, paths.callback, paths.logout],
    perMinute: config.rateLimit,
    countHit: store.countHit,
    logger,
  });
  const sandbox = watchSandbox(baseUri);
  const app = express();
  app.disable('x-powered-by').disable('etag').set('trust proxy', config.trustProxy);
  usePublicOrigin(app, redirectUri);
  app.use(requestLog(logger), securityHeaders(redirectUri));
  if (basePath) app.use(serveBelow(basePath));
  addHealthRoutes(app, { pingStore: () => store.ping(), isStopping, logger });
  if (behindProxy) app.use(createProxyCheck(logger));
  // Assets come first, so that the page about a redirect loop has its style sheet.
  app.use(assets.middleware, canonicalOrigin(redirectUri, { behindProxy, logger }), rateLimit.middleware);
  if (config.tutorial) app.use(beforePages(sandbox));
  app.use(createSessionMiddleware(config, store));

  // 4. The login's routes, the pages, and errors.
  const { render } = createViews({
    basePath,
    loginPath: basePath + paths.login,
    logoutPath: basePath + paths.logout,
    launchDarklyHref: config.publicBaseUri ?? baseUri,
    flowInspector: config.flowInspector,
    tutorial: config.tutorial,
    sandbox: sandbox.news,
    local: redirectUri.local,
    asset: (name) => basePath + assets.href(name),
  });
  if (recorder) app.use(recorder.record);
  app.use(auth.router);
  addPages(app, {
    render,
    currentUser,
    requireLogin: auth.requireLogin,
    sessionTimes: (req) => sessionTimes(req, config),
    listProjects: createListProjects(auth, launchDarkly),
  });
  addFlowPages(app, { recorder, render, readTutorial: config.tutorial ? readTutorial : () => [] });
  if (config.tutorial) {
    const anotherInstance = () => createApp(config, { store, logger, isStopping });
    addTutorial(app, {
      render,
      run: experimentsOn(config, () => here, anotherInstance),
      origin: redirectUri.origin,
      flowsOf: (req) => (recorder?.flowsOf(req) ?? []).map(viewFlow),
    });
  }
  app.use(notFound);
  if (recorder) app.use(recorder.recordFailure);
  app.use(createErrorHandler({ render, logger, local: redirectUri.local }));

  const preload = async () => {
    await Promise.all([http.load(), rateLimit.load()]);
  };
  const here: App = { handler: app, messages: messageClasses(app), preload, close: http.close };
  return here;
}

/** The tutorial's experiments, with the running app and with another instance of it that shares the session store. */
function experimentsOn({ redirectUri, ...config }: AppConfig, here: () => App, another: () => App): RunExperiment {
  return createExperiments({
    origin: redirectUri.origin,
    callback: redirectUri.href,
    loginPath: redirectUri.basePath + authPaths.login,
    logoutPath: redirectUri.basePath + authPaths.logout,
    baseUri: config.baseUri,
    publicBaseUri: config.publicBaseUri ?? config.baseUri,
    allowedAccounts: config.allowedAccounts,
    here,
    another,
  });
}
