import { STATUS_CODES } from 'node:http';
import type { Field, Flow, FlowMessage } from './flow.ts';
import { messageNotes } from './notes.ts';

/** A flow as an HTTP archive (HAR 1.2). Secrets are masked as on the page; what was not recorded is empty or -1. */
export function toHar({ messages }: Flow): object {
  const creator = { name: 'Flow inspector', version: '1' };
  return { log: { version: '1.2', creator, entries: messages.map(toEntry) } };
}

function toEntry(message: FlowMessage): object {
  const { kind, method, query, headers, form, answer, error, startedAt, durationMs = 0, derived } = message;
  const type = form.length ? 'application/x-www-form-urlencoded' : '';
  const redirectUrl = answer?.location ? addressOf(answer.location, answer.locationQuery) : '';
  return {
    startedDateTime: new Date(startedAt).toISOString(),
    time: durationMs,
    request: {
      method,
      url: addressOf(message.address, query),
      ...unknown,
      cookies: headers.filter(({ name }) => name === 'cookie').map(cookieOf),
      headers: joinCookies(headers),
      queryString: query.map(pair),
      ...(type && { postData: { mimeType: type, params: form.map(pair), text: String(toParameters(form)) } }),
    },
    response: {
      status: answer?.status ?? 0,
      statusText: STATUS_CODES[answer?.status ?? 0] ?? '',
      ...unknown,
      cookies: answer?.headers.filter(({ name }) => name === 'set-cookie').map(cookieOf) ?? [],
      headers: [
        ...(answer?.headers.map(pair) ?? []),
        ...(redirectUrl ? [{ name: 'location', value: redirectUrl }] : []),
      ],
      content: {
        size: -1,
        mimeType: answer?.headers.find(({ name }) => name === 'content-type')?.value ?? '',
        ...(answer?.body !== undefined && { text: answer.body }),
      },
      redirectURL: redirectUrl,
      ...(error !== undefined && { comment: `No answer: ${error}` }),
    },
    cache: {},
    timings: { send: 0, wait: durationMs, receive: 0 },
    comment: `${messageNotes[kind].title}.${derived ? ' Derived: this app does not see this message.' : ''}`,
  };
}

const unknown = { httpVersion: 'HTTP/1.1', headersSize: -1, bodySize: -1 };

function pair({ name, value }: Field): { name: string; value: string } {
  return { name, value };
}

/** `Cookie` and `Set-Cookie` begin alike. */
function cookieOf({ value }: Field): { name: string; value: string } {
  const [, name = '', content = ''] = /^([^=;]*)=?([^;]*)/.exec(value) ?? [];
  return { name, value: content };
}

/** A browser sends one `Cookie` header. */
function joinCookies(headers: readonly Field[]): object[] {
  const cookies = headers.filter(({ name }) => name === 'cookie').map(({ value }) => value);
  const others = headers.filter(({ name }) => name !== 'cookie').map(pair);
  return cookies.length ? [...others, { name: 'cookie', value: cookies.join('; ') }] : others;
}

function addressOf(address: string, query: readonly Field[]): string {
  return query.length ? `${address}?${toParameters(query)}` : address;
}

function toParameters(fields: readonly Field[]): URLSearchParams {
  return new URLSearchParams(fields.map(({ name, value }): [string, string] => [name, value]));
}
