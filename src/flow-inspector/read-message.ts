import { headerNotes, parseJson } from '../launchdarkly/index.ts';
import type { Field, FlowAnswer, WireHeaders } from './flow.ts';
import type { Masker } from './mask.ts';
import { cut } from './mask.ts';

const most = { fields: 24, path: 300, body: 8_000, json: 64_000 };
const requestHeaders = new Set([
  'accept',
  'authorization',
  'content-type',
  'cookie',
  'host',
  ...Object.keys(headerNotes),
]);
const answerHeaders = /^(set-cookie|content-type|cache-control|retry-after|www-authenticate|x-ratelimit-.*)$/;

/** Splits a URL into what is shown: its address, and its query field by field. */
export function readUrl(masker: Masker, url: URL): { address: string; query: Field[] } {
  return {
    address: url.origin + url.pathname.slice(0, most.path),
    query: readForm(masker, url.searchParams),
  };
}

/** The fields of a query or of a form body. */
export function readForm(masker: Masker, parameters: URLSearchParams): Field[] {
  return [...parameters].slice(0, most.fields).map(([name, value]) => masker.field(name, value));
}

/** The request headers of a browser that matter to a login. */
export function readBrowserHeaders(masker: Masker, { host, cookie }: WireHeaders): Field[] {
  return readHeaders(masker, { host, cookie }, () => true);
}

/** The request headers of a call to LaunchDarkly that matter to a login. */
export function readRequestHeaders(masker: Masker, headers: WireHeaders): Field[] {
  return readHeaders(masker, headers, (name) => requestHeaders.has(name));
}

/** An answer: the headers that matter, a redirect's target taken apart, and the body with its secrets masked. */
export function readAnswer(
  masker: Masker,
  answer: { status: number; headers: WireHeaders; body?: string },
  base: string,
): FlowAnswer {
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
    .slice(0, most.fields);
}

function readBody(masker: Masker, body: string): { fields: Field[]; text?: string } {
  if (!body) return { fields: [] };
  const json = body.length <= most.json ? parseJson(body) : undefined;
  if (typeof json !== 'object' || json === null) {
    return { fields: [], text: cut(maskLooseSecrets(masker.text(body)), most.body) };
  }
  const masked = Object(masker.json(json)) as Record<string, unknown>;
  const fields = Object.entries(Array.isArray(masked) ? {} : masked)
    .slice(0, most.fields)
    .map(([name, value]) => ({
      name,
      value: cut(typeof value === 'string' ? value : JSON.stringify(value), 500),
      secret: value !== (json as Record<string, unknown>)[name] && typeof value === 'string',
    }));
  return { fields, text: cut(masker.text(JSON.stringify(masked, null, 2)), most.body) };
}

/** A body that is no JSON has no names to go by: anything long enough to be a secret is hidden. */
function maskLooseSecrets(text: string): string {
  return text.replace(/[\w~+/=-]{24,}/g, (run) => `…(${run.length})`);
}
