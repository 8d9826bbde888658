import { GIVING_TOKENS } from './endpoints.ts';
import type { FaultKind } from './fault-kind.ts';
import { answering } from './fault-kind.ts';

const CONSENT = ['consent'] as const;
const NO_STORE = () => ({ 'Cache-Control': 'no-store' });

const tokenError = (error: string, status: number) =>
  answering(
    `${status} ${error}`,
    GIVING_TOKENS,
    status,
    { error, error_description: 'Refused on purpose.' },
    NO_STORE,
  );

const givingTokens = (title: string, effect: FaultKind['effect']): FaultKind => ({
  title,
  endpoints: GIVING_TOKENS,
  effect,
});

const without = (name: string) => (body: Record<string, unknown>) => {
  const { [name]: _, ...rest } = body;
  return rest;
};

const onTheWayBack = (title: string, alter: (parameters: URLSearchParams) => void): FaultKind => ({
  title,
  endpoints: CONSENT,
  effect: { type: 'alterReturn', alter },
});

const returning = (error: string) =>
  onTheWayBack(`Error ${error} instead of a code`, (parameters) => {
    parameters.delete('code');
    parameters.set('error', error);
    parameters.set('error_description', 'Refused on purpose.');
  });

/** What can go wrong in the OAuth flow itself. */
export const oauthFaults = {
  access_denied: returning('access_denied'),
  server_error: returning('server_error'),
  temporarily_unavailable: returning('temporarily_unavailable'),
  expired_code: {
    title: 'Expired code: it comes too late whatever the app does',
    endpoints: CONSENT,
    effect: { type: 'switches', switches: { codeLifetime: 0 } },
  },
  wrong_iss: {
    title: 'Wrong iss: the answer claims to be from another server',
    endpoints: CONSENT,
    effect: { type: 'switches', switches: { iss: 'wrong' } },
  },
  wrong_state: onTheWayBack('Wrong state', (parameters) => parameters.set('state', 'forged')),
  no_state: onTheWayBack('No state', (parameters) => parameters.delete('state')),
  no_code: onTheWayBack('Neither code nor error', (parameters) => parameters.delete('code')),
  invalid_grant: tokenError('invalid_grant', 400),
  invalid_client: tokenError('invalid_client', 401),
  invalid_request: tokenError('invalid_request', 400),
  plain_text_error: answering('400 in plain text', GIVING_TOKENS, 400, 'invalid_grant\n', () => ({
    'Content-Type': 'text/plain',
  })),
  narrowed_scope: givingTokens('Narrowed scope: reader, whatever was asked', {
    type: 'switches',
    switches: { grantedScope: 'reader' },
  }),
  empty_scope: givingTokens('Narrowed scope: none at all', {
    type: 'switches',
    switches: { grantedScope: 'none' },
  }),
  no_refresh_token: givingTokens('No refresh token', {
    type: 'switches',
    switches: { refreshTokens: 'never' },
  }),
  no_rotation: {
    title: 'Refresh without rotation: the old refresh token stays, none is sent',
    endpoints: ['refresh'],
    effect: { type: 'switches', switches: { refreshAnswer: 'omit' } },
  },
  short_lifetimes: givingTokens('Short lifetimes: 5 seconds', {
    type: 'switches',
    switches: { accessTokenLifetime: 5 },
  }),
  no_expires_in: givingTokens('No expires_in', { type: 'reshape', reshape: without('expires_in') }),
  no_scope: givingTokens('No scope', { type: 'reshape', reshape: without('scope') }),
  no_access_token: givingTokens('No access token', { type: 'reshape', reshape: without('access_token') }),
  wrong_token_type: givingTokens('Token type mac', {
    type: 'reshape',
    reshape: (body) => ({ ...body, token_type: 'mac' }),
  }),
  capital_bearer: givingTokens('Token type Bearer, with a capital', {
    type: 'reshape',
    reshape: (body) => ({ ...body, token_type: 'Bearer' }),
  }),
} as const satisfies Record<string, FaultKind>;
