import type { Request, Response } from 'express';
import type { Exchange, Flow, FlowMessage, WireHeaders } from './flow.ts';
import { Masker } from './mask.ts';
import { readAnswer, readBrowserHeaders, readForm, readRequestHeaders, readUrl } from './read-message.ts';

/** What the browser sent to this app; the answer follows with `answerMessage`. */
export function browserMessage(origin: string, request: Request): FlowMessage {
  const masker = new Masker();
  const url = readUrl(masker, new URL(origin + pathAndQuery(request)));
  const headers = readBrowserHeaders(masker, request.headers);
  const { method } = request;
  return { from: 'browser', to: 'app', method, ...url, headers, form: [], startedAt: Date.now() };
}

/** The request target without scheme and host, which an absolute one names (RFC 9112, section 3.2.2), however wrong. */
function pathAndQuery({ originalUrl }: Request): string {
  return originalUrl.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/');
}

/** Adds what this app answered. Pages are left out: they are on the screen. */
export function answerMessage(origin: string, message: FlowMessage, response: Response): void {
  const answer = { status: response.statusCode, headers: response.getHeaders() as WireHeaders };
  message.answer = readAnswer(new Masker(), answer, origin);
  message.durationMs = Date.now() - message.startedAt;
}

/**
 * What the browser goes on to ask LaunchDarkly. This app never sees that request: it is the redirect it sent there,
 * and the answer is where the browser comes back to.
 */
export function authorizationMessage(location: URL): FlowMessage {
  const url = readUrl(new Masker(), location);
  const rest = { headers: [], form: [], startedAt: Date.now(), derived: true };
  return { from: 'browser', to: 'launchdarkly', method: 'GET', ...url, ...rest };
}

/** Adds LaunchDarkly's answer to the authorization request, told by the callback that it led to. */
export function answerAuthorization(flow: Flow, callback: FlowMessage): void {
  const message = flow.messages.find(({ derived, answer }) => derived && !answer);
  if (!message) return;
  message.answer = { headers: [], location: callback.address, locationQuery: callback.query, fields: [] };
  message.durationMs = callback.startedAt - message.startedAt;
}

/** What this app and LaunchDarkly said to each other. */
export function backChannelMessage({ request, response, error, startedAt, durationMs }: Exchange): FlowMessage {
  const masker = new Masker();
  const headers = readRequestHeaders(masker, request.headers);
  const form = isForm(request.headers) ? readForm(masker, new URLSearchParams(request.body)) : [];
  const url = readUrl(masker, new URL(request.url));
  return {
    from: 'app',
    to: 'launchdarkly',
    method: request.method,
    ...url,
    headers,
    form,
    startedAt,
    durationMs,
    ...(response && { answer: readAnswer(masker, response, request.url) }),
    ...(error !== undefined && { error: codeOf(error) }),
  };
}

function isForm(headers: Record<string, string>): boolean {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return type?.startsWith('application/x-www-form-urlencoded') ?? false;
}

/** `ECONNREFUSED` and the like: the first code on the way from the error to what caused it. */
function codeOf(error: unknown): string {
  const { code, cause, name } = Object(error) as { code?: unknown; cause?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? String(name ?? 'unknown') : codeOf(cause);
}
