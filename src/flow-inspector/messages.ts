/** Turns requests and answers into recorded messages: secrets masked, long values cut, unimportant headers left out. */
import type { Request, Response } from 'express';
import { headerNotes, loginOperation, parseJson } from '../launchdarkly/index.ts';
import type { CookieUse, Exchange, Field, Flow, FlowMessage, FlowResponse, MessageKind, WireHeaders } from './flow.ts';
import { cut, Masker } from './mask.ts';

const limits = { fields: 24, path: 300, body: 8_000, json: 64_000 };
const requestHeaders = new Set([
  'accept',
  'authorization',
  'content-type',
  'cookie',
  'host',
  ...Object.keys(headerNotes),
]);
const answerHeaders =
  /^(set-cookie|content-type|cache-control|clear-site-data|retry-after|www-authenticate|x-ratelimit-.*)$/;

/** What the browser's messages are read with. */
export interface OurSite {
  /** The address of this app's home page without a slash at the end. */
  readonly site: string;
  cookieUse(name: string): CookieUse;
}

/** A request of the browser to this app. `answerMessage` adds the answer later. */
export function browserMessage(kind: MessageKind, request: Request, { site, cookieUse }: OurSite): FlowMessage {
  const masker = new Masker();
  const url = readUrl(masker, new URL(site + pathAndQuery(request)));
  const headers = readBrowserHeaders(masker, request.headers, cookieUse);
  const { method } = request;
  return { kind, from: 'browser', to: 'app', method, ...url, headers, form: [], startedAt: Date.now() };
}

/** The request target. An absolute one (RFC 9112, section 3.2.2) loses scheme and host, which may be wrong. */
function pathAndQuery({ originalUrl }: Request): string {
  return originalUrl.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '').replace(/^(?!\/)/, '/');
}

/** Adds this app's answer, without its body: pages are on the screen. */
export function answerMessage(message: FlowMessage, response: Response, { site, cookieUse }: OurSite): void {
  const raw = { status: response.statusCode, headers: response.getHeaders() as WireHeaders };
  const answer = readAnswer(new Masker(), raw, site);
  const headers = answer.headers.map((field) =>
    field.name === 'set-cookie' ? { ...field, cookie: cookieUse(nameOf(field)) } : field,
  );
  message.answer = { ...answer, headers };
  message.durationMs = Date.now() - message.startedAt;
}

/**
 * The browser's request to LaunchDarkly. This app never sees it: it is derived from the redirect that this app sent, and
 * its answer from the callback.
 */
export function authorizationMessage(location: URL): FlowMessage {
  const url = readUrl(new Masker(), location);
  const rest = { headers: [], form: [], startedAt: Date.now(), derived: true };
  return { kind: 'authorize', from: 'browser', to: 'launchdarkly', method: 'GET', ...url, ...rest };
}

/** Adds LaunchDarkly's answer to the authorization request: the redirect to the callback. */
export function answerAuthorization(flow: Flow, callback: FlowMessage): void {
  const message = flow.messages.find(({ derived, answer }) => derived && !answer);
  if (!message) return;
  message.answer = { headers: [], location: callback.address, locationQuery: callback.query, fields: [] };
  message.durationMs = callback.startedAt - message.startedAt;
}

/** A call of this app to LaunchDarkly, with its answer. */
export function backChannelMessage({ request, response, error, startedAt, durationMs }: Exchange): FlowMessage {
  const masker = new Masker();
  const headers = readRequestHeaders(masker, request.headers);
  const form = isForm(request.headers) ? readForm(masker, new URLSearchParams(request.body)) : [];
  const url = readUrl(masker, new URL(request.url));
  return {
    kind: kindOfCall(request.url, form),
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

/** Tells what a call is for from its form and its path. */
function kindOfCall(url: string, form: readonly Field[]): MessageKind {
  if (form.some(({ name }) => name === 'token')) return 'revoke';
  const grant = form.find(({ name }) => name === 'grant_type')?.value;
  if (grant) return grant === 'refresh_token' ? 'refresh' : 'token';
  return loginOperation(new URL(url).pathname) ?? 'other';
}

function isForm(headers: Record<string, string>): boolean {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return type?.startsWith('application/x-www-form-urlencoded') ?? false;
}

/** The first code of an error and its causes, such as `ECONNREFUSED`. */
function codeOf(error: unknown): string {
  const { code, cause, name } = Object(error) as { code?: unknown; cause?: unknown; name?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? String(name ?? 'unknown') : codeOf(cause);
}

/** A URL as its address and the fields of its query. */
function readUrl(masker: Masker, url: URL): { address: string; query: Field[] } {
  return {
    address: url.origin + url.pathname.slice(0, limits.path),
    query: readForm(masker, url.searchParams),
  };
}

/** The fields of a query or of a form body. */
function readForm(masker: Masker, parameters: URLSearchParams): Field[] {
  return [...parameters].slice(0, limits.fields).map(([name, value]) => masker.field(name, value));
}

/** The request headers of a browser that matter to a login, with each cookie as a field of its own, ours first. */
function readBrowserHeaders(masker: Masker, headers: WireHeaders, cookieUse: OurSite['cookieUse']): Field[] {
  const { host, origin, cookie } = headers;
  const others = readHeaders(masker, { host, origin, 'sec-fetch-site': headers['sec-fetch-site'] }, () => true);
  const cookies = cookie ? String(cookie).split('; ') : [];
  const fields = cookies.map((pair) => {
    const field = masker.field('cookie', pair);
    return { ...field, cookie: cookieUse(pair.split('=', 1)[0] ?? '') };
  });
  const foreign = (field: Field) => Number(field.cookie === 'other');
  return [...others, ...fields.sort((a, b) => foreign(a) - foreign(b))].slice(0, limits.fields);
}

/** The name of the cookie in a `Set-Cookie` field. */
function nameOf({ value }: Field): string {
  return value.split('=', 1)[0] ?? '';
}

/** The request headers of a call to LaunchDarkly that matter to a login. */
function readRequestHeaders(masker: Masker, headers: WireHeaders): Field[] {
  return readHeaders(masker, headers, (name) => requestHeaders.has(name));
}

/** An answer: the headers that matter, the target of a redirect, and the body with its secrets masked. */
function readAnswer(
  masker: Masker,
  answer: { status: number; headers: WireHeaders; body?: string },
  base: string,
): FlowResponse {
  const location = String(answer.headers.location ?? '');
  const target = location && URL.canParse(location, base) ? new URL(location, base) : undefined;
  const { address, query } = target ? readUrl(masker, target) : { address: undefined, query: [] };
  const { fields, text } = readBody(masker, answer.body ?? '');
  const headers = readHeaders(masker, answer.headers, (name) => answerHeaders.test(name) && name !== 'location');
  return { status: answer.status, headers, location: address, locationQuery: query, fields, body: text };
}

function readHeaders(masker: Masker, headers: WireHeaders, wanted: (name: string) => boolean): Field[] {
  return Object.entries(headers)
    .filter(([name, value]) => value !== undefined && wanted(name.toLowerCase()))
    .flatMap(([name, value]) => [value].flat().map((one) => masker.field(name.toLowerCase(), String(one))))
    .slice(0, limits.fields);
}

function readBody(masker: Masker, body: string): { fields: Field[]; text?: string } {
  if (!body) return { fields: [] };
  const json = body.length <= limits.json ? parseJson(body) : undefined;
  if (typeof json !== 'object' || json === null) {
    return { fields: [], text: cut(maskLooseSecrets(masker.text(body)), limits.body) };
  }
  const masked = Object(masker.json(json)) as Record<string, unknown>;
  const fields = Object.entries(Array.isArray(masked) ? {} : masked)
    .slice(0, limits.fields)
    .map(([name, value]) => ({
      name,
      value: cut(typeof value === 'string' ? value : JSON.stringify(value), 500),
      secret: value !== (json as Record<string, unknown>)[name] && typeof value === 'string',
    }));
  return { fields, text: cut(masker.text(JSON.stringify(masked, null, 2)), limits.body) };
}

/** A body that is not JSON has no field names, so anything long enough to be a secret is masked. */
function maskLooseSecrets(text: string): string {
  return text.replace(/[\w~+/=-]{24,}/g, (run) => `…(${run.length})`);
}
