import type { Endpoint } from './endpoints.ts';
import { REST, WITH_ACCESS_TOKEN } from './endpoints.ts';
import type { FaultKind } from './fault-kind.ts';
import { answering } from './fault-kind.ts';

const restError = (status: number, code: string, message: string) =>
  answering(`${status} ${code}`, REST, status, { code, message });

const reshaping = (
  title: string,
  endpoint: Endpoint,
  reshape: (body: Record<string, unknown>) => unknown,
): FaultKind => ({ title, endpoints: [endpoint], effect: { type: 'reshape', reshape } });

const linkingTo = (title: string, next: string) =>
  reshaping(title, 'clients', (body) => ({
    ...body,
    _links: { ...Object(body._links), next: { href: next, type: 'application/json' } },
  }));

/** What can go wrong in the REST API, with the bodies of LaunchDarkly's OpenAPI document. */
export const restFaults = {
  http_400: restError(400, 'invalid_request', 'Invalid request body'),
  http_401_no_token: restError(401, 'unauthorized', 'Invalid account ID header'),
  http_401_empty: answering('401 with an empty body', REST, 401, ''),
  revoked_token: {
    ...restError(401, 'invalid_token', 'invalid access token'),
    title: '401: the token was revoked',
    endpoints: WITH_ACCESS_TOKEN,
  },
  http_403: restError(403, 'forbidden', 'Forbidden. Access to the requested resource was denied.'),
  http_404: restError(404, 'not_found', 'Invalid resource identifier'),
  http_405: restError(405, 'method_not_allowed', 'Method not allowed'),
  http_409: restError(409, 'optimistic_locking_error', 'Conflict. Optimistic lock error. Try again later.'),
  http_422: restError(422, 'patch_failed', 'Unprocessable entity. Could not apply patch.'),
  no_client_secret: reshaping(
    'Created, but without the secret',
    'clients',
    ({ _clientSecret, ...body }) => body,
  ),
  text_creation_date: reshaping('_creationDate as a string', 'clients', (body) => ({
    ...body,
    _creationDate: String(body._creationDate),
  })),
  foreign_next_link: linkingTo('Next page on another host', 'https://attacker.example/api/v2/oauth/clients'),
  endless_pages: linkingTo('Pages without end', '/api/v2/oauth/clients'),
  no_account_id: reshaping('No accountId', 'caller-identity', ({ accountId, ...body }) => body),
  no_member_id: reshaping(
    'No memberId, as for a service token',
    'caller-identity',
    ({ memberId, ...body }) => body,
  ),
  other_account_id: reshaping('Another accountId', 'caller-identity', (body) => ({
    ...body,
    accountId: '000000000000000000000000',
  })),
  no_email: reshaping('No email', 'members', ({ email, ...body }) => body),
  other_member: reshaping('Another member than caller-identity says', 'members', (body) => ({
    ...body,
    _id: '000000000000000000000000',
  })),
} as const satisfies Record<string, FaultKind>;
