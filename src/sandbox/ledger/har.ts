import { STATUS_CODES } from 'node:http';
import type { LedgerEntry } from './ledger.ts';

/**
 * The ledger as an HTTP Archive (HAR 1.2), which browsers' developer tools and many programs read. It holds what the
 * ledger shows: secrets masked. `baseUrl` is the sandbox's, without a trailing slash.
 */
export function toHar(entries: readonly LedgerEntry[], baseUrl: string) {
  return {
    log: {
      version: '1.2',
      creator: { name: 'LaunchDarkly sandbox', version: '1' },
      entries: [...entries].reverse().map((entry) => harEntry(entry, baseUrl)),
    },
  };
}

function harEntry({ id, at, request, response, endpoint, fault }: LedgerEntry, baseUrl: string) {
  const time = response?.durationMs ?? 0;
  const notes = [`#${id}`, endpoint, fault && `failure: ${fault}`, !response && 'no answer'];
  return {
    startedDateTime: at,
    time,
    request: harRequest(request, baseUrl),
    response: harResponse(response),
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    comment: notes.filter(Boolean).join(', '),
  };
}

function harRequest({ method, url, headers, body }: LedgerEntry['request'], baseUrl: string) {
  const [, query = ''] = url.split(/\?(.*)/s);
  return {
    method,
    url: `${baseUrl}${url}`,
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: pairs(headers),
    // Already masked and readable, so nothing is decoded here.
    queryString: query === '' ? [] : query.split('&').map(nameAndValue),
    ...(body === '' ? {} : { postData: { mimeType: headers['content-type'] ?? '', text: body } }),
    headersSize: -1,
    bodySize: -1,
  };
}

function harResponse(response: LedgerEntry['response']) {
  const { status = 0, headers = {}, body = '' } = response ?? {};
  return {
    status,
    statusText: STATUS_CODES[status] ?? '',
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: pairs(headers),
    content: { size: Buffer.byteLength(body), mimeType: headers['content-type'] ?? '', text: body },
    redirectURL: headers.location ?? '',
    headersSize: -1,
    bodySize: -1,
  };
}

function pairs(headers: Record<string, string>) {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}

function nameAndValue(pair: string) {
  const [name = '', value = ''] = pair.split(/=(.*)/s);
  return { name, value };
}
