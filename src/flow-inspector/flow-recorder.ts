import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { parseCookie } from 'cookie';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { cookieName, currentUser, isPrefetch } from '../auth/index.ts';
import { type CookieUse, cookieUses, type Exchange, type Flow, type FlowMessage } from './flow.ts';
import { FlowStore, hasRoom, newBrowserId } from './flow-store.ts';
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
  readonly redirectUri: string;
  /** What visitors are told about an error. */
  describeFailure(error: unknown): {
    readonly code: string;
    readonly title: string;
    readonly message: string;
  };
}

/** Records the messages of logins, refreshes and logouts with secrets masked, separately for each browser. */
export interface FlowRecorder {
  /** Mount after the session and before the login's routes: records the requests of the browser. */
  record: RequestHandler;
  /** Mount after all routes: records at which message a flow failed, and passes the error on. */
  recordFailure: ErrorRequestHandler;
  /** For the HTTP client: records this app's calls to LaunchDarkly that a request has caused. */
  observe(exchange: Exchange): void;
  /** The flows of the browser that sent the request, newest first. */
  flowsOf(request: Request): readonly Flow[];
}

/** The flow of the request that is being handled. `keep` stores one that is worth it only if calls follow. */
interface Recording {
  readonly flow: Flow;
  keep?(): void;
}

/** @see FlowRecorder */
export function createFlowRecorder({ site, paths, redirectUri, describeFailure }: FlowRecorderOptions): FlowRecorder {
  const store = new FlowStore();
  const current = new AsyncLocalStorage<Recording | undefined>();
  const secure = site.startsWith('https:');
  const name = cookieName('flow', site);
  const ours = { site, cookieUse: createCookieUse([redirectUri, site, new URL(site).origin]) };

  return {
    record(request, response, next) {
      // Without a recording of its own a request must not write into another's: a server may be started by a request.
      current.run(recordingOf(request, response), next);
    },
    recordFailure(error, _request, _response, next) {
      const flow = current.getStore()?.flow;
      if (flow) {
        const failure = describeFailure(error);
        flow.failure = { ...failure, at: failingMessage(flow, failure.code, error) };
      }
      next(error);
    },
    observe(exchange) {
      const recording = current.getStore();
      if (!recording || !hasRoom(recording.flow)) return;
      const message = backChannelMessage(exchange);
      addInOrder(recording.flow, message);
      if (message.kind !== 'other') recording.keep?.();
    },
    flowsOf: (request) => store.flowsOf(browserOf(request)),
  };

  function recordingOf(request: Request, response: Response): Recording | undefined {
    const { method, path } = request;
    if (method === 'GET' && !isPrefetch(request)) {
      if (path === paths.login) return recordLogin(request, response);
      if (path === paths.callback && isAuthorizationResponse(request)) return recordCallback(request, response);
    }
    if (!store.knows(browserOf(request)) && !currentUser(request)) return undefined;
    if (method === 'POST' && path === paths.logout) return recordLogout(request, response);
    return recordPage(request, response);
  }

  /** The login's redirect has the `state` by which the callback will find this flow. */
  function recordLogin(request: Request, response: Response): Recording {
    const browser = recognise(request, response);
    const message = browserMessage('login', request, ours);
    const flow = begin('login', message);
    whenAnswered(response, message, () => {
      const location = response.get('Location');
      if (location && URL.canParse(location)) {
        const url = new URL(location);
        flow.key = keyOf(url.searchParams.get('state'));
        flow.messages.push(authorizationMessage(url));
      }
      store.add(browser, flow);
    });
    return { flow };
  }

  function recordCallback(request: Request, response: Response): Recording | undefined {
    const browser = recognise(request, response);
    const message = browserMessage('callback', request, ours);
    const key = keyOf(request.query.state);
    const known = store.flowsOf(browser).find((one) => key !== '' && one.key === key);
    if (known && !hasRoom(known)) return undefined;
    const flow = known ?? begin('login', message, key);
    if (known) {
      answerAuthorization(flow, message);
      flow.messages.push(message);
    } else store.add(browser, flow);
    whenAnswered(response, message);
    return { flow };
  }

  /** Any other request becomes a flow when it makes the app refresh or verify the login. */
  function recordPage(request: Request, response: Response): Recording {
    const message = browserMessage('page', request, ours);
    const flow = begin('page', message);
    whenAnswered(response, message);
    let kept = false;
    return {
      flow,
      keep() {
        if (kept) return;
        kept = true;
        const known = store.knows(browserOf(request));
        if (known || !response.headersSent) store.add(recognise(request, response), flow);
      },
    };
  }

  /** The next person at this browser must not see what the user who logs out did. */
  function recordLogout(request: Request, response: Response): Recording {
    const browser = recognise(request, response);
    const message = browserMessage('logout', request, ours);
    const flow = begin('logout', message);
    whenAnswered(response, message, () => {
      if (response.statusCode < 400) store.forgetAllBut(flow, browser);
      else store.add(browser, flow);
    });
    return { flow };
  }

  function begin(kind: Flow['kind'], message: FlowMessage, key = ''): Flow {
    return { id: store.nextId(), kind, key, startedAt: message.startedAt, messages: [message] };
  }

  function whenAnswered(response: Response, message: FlowMessage, then?: () => void): void {
    response.once('finish', () => {
      answerMessage(message, response, ours);
      then?.();
    });
  }

  /** The id of the browser; one that is not known gets a new one in a cookie. */
  function recognise(request: Request, response: Response): string {
    const id = browserOf(request);
    if (store.knows(id)) return id;
    const browser = newBrowserId();
    response.cookie(name, browser, { path: '/', httpOnly: true, secure, sameSite: 'lax' });
    return browser;
  }

  function browserOf(request: Request): string | undefined {
    return parseCookie(request.headers.cookie ?? '')[name];
  }
}

/** Tells the use of a cookie from its name. Those of this app end in a hash of one of its addresses, and perhaps `.0`. */
function createCookieUse(addresses: readonly string[]): (cookie: string) => CookieUse {
  const names = new Map<string, CookieUse>(
    addresses.flatMap((address) => cookieUses.map((use) => [cookieName(use, address), use] as const)),
  );
  return (cookie) => names.get(cookie.replace(/\..*/, '')) ?? 'other';
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
