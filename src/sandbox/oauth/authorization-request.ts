import { repeatedNames, withoutEmpty } from '../http/body.ts';
import type { OAuthClient } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { Switches } from '../switches.ts';
import { OAuthError } from './oauth-error.ts';
import { readChallenge } from './pkce.ts';
import { parseScope, scopeProblem } from './scopes.ts';

/** An authorization request (RFC 6749, section 4.1.1) that passed every check. */
export interface AuthorizationRequest {
  client: OAuthClient;
  redirectUri: string;
  state: string | undefined;
  scope: string[];
  codeChallenge: string | undefined;
  loginHint: string | undefined;
  /** The query, for the pages that lead on from here. */
  query: string;
}

/** A request whose client or redirect URI cannot be trusted: told to the person on a page, never to the redirect URI. */
export class UntrustedRequestError extends Error {
  override readonly name = 'UntrustedRequestError';
}

/** A refusal that goes back to the app through its redirect URI: RFC 6749, section 4.1.2.1. */
export class AuthorizationError extends Error {
  override readonly name = 'AuthorizationError';
  readonly error: string;
  readonly returnAddress: ReturnAddress;

  constructor(returnAddress: ReturnAddress, error: string, description: string) {
    super(description);
    this.error = error;
    this.returnAddress = returnAddress;
  }
}

/** Where an authorization response goes, and the state that goes back with it. */
export type ReturnAddress = Pick<AuthorizationRequest, 'redirectUri' | 'state'>;

/**
 * Reads and checks an authorization request. Throws `UntrustedRequestError` while the redirect URI is not known to be
 * the client's own, `AuthorizationError` for everything that is wrong after that.
 */
export function readAuthorizationRequest(store: SandboxStore, sent: URLSearchParams): AuthorizationRequest {
  const query = withoutEmpty(sent);
  const client = trustedClient(store, query);
  const redirectUri = trustedRedirectUri(redirectUriInEffect(client, store.clock.now()), query);
  const [state, ...otherStates] = query.getAll('state');
  const returnAddress = { redirectUri, state: otherStates.length > 0 ? undefined : state };
  try {
    return { client, ...returnAddress, ...readParameters(store, query), query: query.toString() };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new AuthorizationError(returnAddress, error.error, error.message);
  }
}

function trustedClient(store: SandboxStore, query: URLSearchParams): OAuthClient {
  const [id, ...others] = query.getAll('client_id');
  if (!id) throw new UntrustedRequestError('The app sent no client_id.');
  if (others.length > 0) throw new UntrustedRequestError('The app sent client_id more than once.');
  const client = store.clients.get(id);
  if (client) return client;
  throw new UntrustedRequestError(
    'No OAuth2 client with this client_id is registered here. It may have been deleted, or registered with another LaunchDarkly.',
  );
}

/** A changed redirect URI may take a while to act: the switch `redirectUriDelay`. */
function redirectUriInEffect({ redirectUri, formerRedirectUri }: OAuthClient, now: number): string {
  return formerRedirectUri && now < formerRedirectUri.until ? formerRedirectUri.uri : redirectUri;
}

function trustedRedirectUri(registered: string, query: URLSearchParams): string {
  const [uri, ...others] = query.getAll('redirect_uri');
  if (!uri) throw new UntrustedRequestError('The app sent no redirect_uri.');
  if (others.length > 0) throw new UntrustedRequestError('The app sent redirect_uri more than once.');
  // It cannot be registered now, but an older state file may hold it, and no header can carry it.
  if (!/^[\x21-\x7e]+$/.test(uri)) throw new UntrustedRequestError('The redirect URI is no URI.');
  if (uri === registered) return uri;
  throw new UntrustedRequestError(
    `The app wants to go back to ${uri}, but is registered with ${registered}. They must be the same, character for character.`,
  );
}

function readParameters(store: SandboxStore, query: URLSearchParams) {
  const repeated = repeatedNames(query);
  if (repeated.length > 0)
    throw new OAuthError('invalid_request', `Sent more than once: ${repeated.join(', ')}.`);
  refuseOtherResponseTypes(query.get('response_type'));
  return {
    scope: readScope(query.get('scope'), store.switches),
    codeChallenge: readChallenge(
      query.get('code_challenge'),
      query.get('code_challenge_method'),
      store.switches.requirePkce,
    ),
    loginHint: query.get('login_hint') ?? undefined,
  };
}

function refuseOtherResponseTypes(responseType: string | null): void {
  if (!responseType) throw new OAuthError('invalid_request', 'response_type is missing.');
  if (responseType !== 'code') {
    throw new OAuthError('unsupported_response_type', 'LaunchDarkly offers response_type=code only.');
  }
}

function readScope(scope: string | null, switches: Switches): string[] {
  if (switches.requireScope && !scope) throw new OAuthError('invalid_scope', 'scope is missing.');
  const asked = parseScope(scope);
  const problem = scopeProblem(asked, switches);
  if (problem) throw new OAuthError('invalid_scope', problem);
  return asked;
}
