import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { parseCookie } from 'cookie';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { cookieName, isPrefetch } from '../auth/index.ts';
import type { Exchange, Flow, FlowMessage } from './flow.ts';
import { FlowStore, hasRoom } from './flow-store.ts';
import {
  answerAuthorization,
  answerMessage,
  authorizationMessage,
  backChannelMessage,
  browserMessage,
} from './messages.ts';
import { failingMessage } from './notes.ts';

export interface FlowRecorderOptions {
  /** The address of this app's home page without a slash at the end, e.g. `https://localhost:3000`. */
  readonly site: string;
  /** Below `site`. */
  readonly paths: { readonly login: string; readonly callback: string; readonly logout: string };
  /** The path of the redirect URI. */
  readonly callbackPath: string;
  /** What visitors are told about an error. */
  describeFailure(error: unknown): {
    readonly code: string;
    readonly title: string;
    readonly message: string;
  };
}

/** Records the messages of logins with secrets masked, separately for each browser. */
export interface FlowRecorder {
  /** Mount before the login's routes: records the requests of the browser. */
  record: RequestHandler;
  /** Mount right after them: records at which message a login failed, and passes the error on. */
  recordFailure: ErrorRequestHandler;
  /** For the HTTP client: records this app's calls to LaunchDarkly during a login. */
  observe(exchange: Exchange): void;
  /** The flows of the browser that sent the request, newest first. */
  flowsOf(request: Request): readonly Flow[];
}

/** @see FlowRecorder */
export function createFlowRecorder({ site, paths, callbackPath, describeFailure }: FlowRecorderOptions): FlowRecorder {
  const store = new FlowStore();
  const current = new AsyncLocalStorage<Flow>();
  const secure = site.startsWith('https:');
  const name = cookieName('flow', site);

  return {
    record(request, response, next) {
      if (request.method === 'POST' && request.path === paths.logout) forgetAfter(request, response);
      if (request.method !== 'GET' || isPrefetch(request)) return next();
      if (request.path === paths.login) return recordLogin(request, response, next);
      if (request.path === paths.callback && isAuthorizationResponse(request)) {
        return recordCallback(request, response, next);
      }
      next();
    },
    recordFailure(error, _request, _response, next) {
      const flow = current.getStore();
      if (flow) {
        const failure = describeFailure(error);
        flow.failure = { ...failure, at: failingMessage(flow, callbackPath, failure.code, error) };
      }
      next(error);
    },
    observe(exchange) {
      const flow = current.getStore();
      if (flow && hasRoom(flow)) addInOrder(flow, backChannelMessage(exchange));
    },
    flowsOf: (request) => store.flowsOf(browserOf(request)),
  };

  /** The login's redirect has the `state` by which the callback will find this flow. */
  function recordLogin(request: Request, response: Response, next: () => void): void {
    const browser = recognise(request, response);
    const message = browserMessage(site, request);
    const flow: Flow = { key: '', startedAt: message.startedAt, messages: [message] };
    response.once('finish', () => {
      answerMessage(site, message, response);
      const location = response.get('Location');
      if (location && URL.canParse(location)) {
        const url = new URL(location);
        flow.key = keyOf(url.searchParams.get('state'));
        flow.messages.push(authorizationMessage(url));
      }
      store.add(browser, flow);
    });
    current.run(flow, next);
  }

  function recordCallback(request: Request, response: Response, next: () => void): void {
    const browser = recognise(request, response);
    const message = browserMessage(site, request);
    const key = keyOf(request.query.state);
    let flow = store.flowsOf(browser).find((one) => key !== '' && one.key === key);
    if (!flow) {
      flow = { key, startedAt: message.startedAt, messages: [] };
      store.add(browser, flow);
    }
    if (!hasRoom(flow)) {
      next();
      return;
    }
    answerAuthorization(flow, message);
    flow.messages.push(message);
    response.once('finish', () => answerMessage(site, message, response));
    current.run(flow, next);
  }

  /** The next person at this browser must not see what the user who logs out did. */
  function forgetAfter(request: Request, response: Response): void {
    response.once('finish', () => {
      if (response.statusCode < 400) store.forget(browserOf(request));
    });
  }

  function recognise(request: Request, response: Response): string {
    const browser = store.browser(browserOf(request));
    response.cookie(name, browser, { path: '/', httpOnly: true, secure, sameSite: 'lax' });
    return browser;
  }

  function browserOf(request: Request): string | undefined {
    return parseCookie(request.headers.cookie ?? '')[name];
  }
}

/** Calls are reported when they end, but shown in the order of their start, then of their address. */
function addInOrder({ messages }: Flow, message: FlowMessage): void {
  const isLater = ({ from, startedAt, address }: FlowMessage) =>
    from === 'app' && (startedAt > message.startedAt || (startedAt === message.startedAt && address > message.address));
  const later = messages.findIndex(isLater);
  messages.splice(later < 0 ? messages.length : later, 0, message);
}

function isAuthorizationResponse({ query }: Request): boolean {
  return ['code', 'error', 'state'].some((name) => name in query);
}

function keyOf(state: unknown): string {
  return typeof state === 'string' && state ? createHash('sha256').update(state).digest('base64url') : '';
}
