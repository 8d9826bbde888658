import { ENDPOINT_NAMES, JSON_ANSWERS } from './endpoints.ts';
import type { FaultKind } from './fault-kind.ts';
import { answering } from './fault-kind.ts';

const PROXY_PAGE =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';
const UNAVAILABLE = { code: 'service_unavailable', message: 'Requested service unavailable' };
const RATE_LIMITED = {
  code: 'rate_limited',
  message: "You've exceeded the API rate limit. Try again later.",
};

const rateLimited = (title: string, headers?: (now: number) => Record<string, string>) =>
  answering(title, ENDPOINT_NAMES, 429, RATE_LIMITED, headers);

/** What can go wrong anywhere: the network, an overloaded server, something in between that sends invalid answers. */
export const networkFaults = {
  slow: { title: 'Slow: answers late, but right', endpoints: ENDPOINT_NAMES, effect: { type: 'delay' } },
  silent: { title: 'Silent: never answers', endpoints: ENDPOINT_NAMES, effect: { type: 'silence' } },
  connection_dropped: {
    title: 'Connection dropped before anything happened',
    endpoints: ENDPOINT_NAMES,
    effect: { type: 'cut', when: 'before' },
  },
  answer_lost: {
    title: 'Answer lost: the work is done, the connection drops before the answer',
    endpoints: ENDPOINT_NAMES,
    effect: { type: 'cut', when: 'after' },
  },
  http_500: answering('500', ENDPOINT_NAMES, 500, {
    code: 'internal_service_error',
    message: 'Internal server error',
  }),
  http_503: answering('503 with LaunchDarkly’s body', ENDPOINT_NAMES, 503, UNAVAILABLE),
  html_502: answering('502 with a proxy’s HTML page', ENDPOINT_NAMES, 502, PROXY_PAGE),
  html_200: answering(
    '200 with HTML instead of JSON',
    JSON_ANSWERS,
    200,
    '<html><body>Welcome</body></html>',
  ),
  broken_json: answering(
    '200 with JSON that breaks off',
    JSON_ANSWERS,
    200,
    '{"access_token": "half of',
    () => ({
      'Content-Type': 'application/json',
    }),
  ),
  empty_200: answering('200 with an empty body', JSON_ANSWERS, 200, ''),
  other_json: answering('200 with JSON of another shape', JSON_ANSWERS, 200, { items: 'none' }),
  rate_limited: rateLimited('429 with X-Ratelimit-Reset 2 seconds ahead', (now) => ({
    'X-Ratelimit-Global-Remaining': '0',
    'X-Ratelimit-Reset': String(now + 2000),
  })),
  rate_limited_retry_after: rateLimited('429 with Retry-After: 2', () => ({ 'Retry-After': '2' })),
  rate_limited_token: rateLimited('429 with the per-token headers', (now) => ({
    'X-Ratelimit-Auth-Token-Limit': '5',
    'X-Ratelimit-Auth-Token-Remaining': '0',
    'X-Ratelimit-Auth-Token-Reset': String(now + 2000),
  })),
  rate_limited_past_reset: rateLimited('429 with a reset that is already past', (now) => ({
    'X-Ratelimit-Reset': String(now - 60_000),
  })),
  rate_limited_no_headers: rateLimited('429 without any header'),
} as const satisfies Record<string, FaultKind>;
