import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { maskAuthorization, maskJson, maskParameters, maskText, maskValue } from './mask.ts';

const LONGEST_BODY = 16_000;

/** A path with its query, secrets masked. */
export function maskedUrl(url: string): string {
  const [path = '', query] = url.split(/\?(.*)/s);
  return query === undefined
    ? maskText(path)
    : `${maskText(path)}?${maskParameters(new URLSearchParams(query))}`;
}

/** The headers in lower case, secrets masked. */
export function maskedHeaders(headers: IncomingHttpHeaders | OutgoingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, maskedHeader(name, value)]));
}

function maskedHeader(name: string, value: string): string {
  if (name === 'authorization') return maskAuthorization(value);
  if (name === 'location' || name === 'referer') return maskedUrl(value);
  return maskValue(name, value);
}

/** A body as text, secrets masked: JSON and forms readable, pages only named. */
export function maskedBody(text: string, contentType: string): string {
  if (contentType.includes('text/html')) return `(HTML, ${Buffer.byteLength(text)} bytes)`;
  const masked = contentType.includes('x-www-form-urlencoded')
    ? maskParameters(new URLSearchParams(text))
    : (maskedJsonText(text) ?? maskText(text));
  return masked.length > LONGEST_BODY ? `${masked.slice(0, LONGEST_BODY)}… (cut)` : masked;
}

function maskedJsonText(text: string): string | undefined {
  try {
    return JSON.stringify(maskJson(JSON.parse(text)), null, 2);
  } catch {
    return undefined;
  }
}
