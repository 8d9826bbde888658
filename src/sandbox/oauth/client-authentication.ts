import type { Request } from 'express';
import type { OAuthClient } from '../model.ts';
import { matchesHash } from '../secrets.ts';
import type { SandboxStore } from '../store.ts';
import type { Switches } from '../switches.ts';
import { OAuthError } from './oauth-error.ts';

/**
 * The client that a token or revocation request proves to be, by Basic or by credentials in the body (RFC 6749,
 * section 2.3.1), never by both. Throws `OAuthError` `invalid_client` (401) or `invalid_request` (400).
 */
export function authenticateClient(store: SandboxStore, req: Request, form: URLSearchParams): OAuthClient {
  const { id, secret } = readCredentials(store, req.headers.authorization, form);
  const client = store.clients.get(id);
  if (!client) throw new OAuthError('invalid_client', 'No such client is registered here.', 401);
  if (!matchesHash(secret, client.secretHash))
    throw new OAuthError('invalid_client', 'The client secret is wrong.', 401);
  return client;
}

interface Credentials {
  id: string;
  secret: string;
}

function readCredentials(
  store: SandboxStore,
  authorization: string | undefined,
  form: URLSearchParams,
): Credentials {
  if (authorization === undefined) return credentialsInBody(form);
  const basic = credentialsInHeader(authorization, store.switches);
  if (form.has('client_secret')) {
    throw new OAuthError(
      'invalid_request',
      'Client credentials came both in the header and in the body; send one.',
    );
  }
  if (form.has('client_id') && form.get('client_id') !== basic.id) {
    throw new OAuthError(
      'invalid_request',
      'client_id in the body is not the one in the Authorization header.',
    );
  }
  return basic;
}

function credentialsInBody(form: URLSearchParams): Credentials {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (!id) throw new OAuthError('invalid_client', 'Client credentials are missing.', 401);
  if (!secret) throw new OAuthError('invalid_client', 'client_secret is missing.', 401);
  return { id, secret };
}

function credentialsInHeader(authorization: string, { basicCredentials }: Switches): Credentials {
  const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1];
  const credentials = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  // RFC 7617: the first colon ends the id, the secret may hold more of them.
  const [, id, secret] = /^([^:]+):(.*)$/s.exec(credentials) ?? [];
  if (id === undefined || secret === undefined) {
    throw new OAuthError('invalid_client', 'The Authorization header holds no Basic credentials.', 401);
  }
  if (basicCredentials === 'raw') return { id, secret };
  return { id: formDecode(id), secret: formDecode(secret) };
}

/** RFC 6749 has both halves form-encoded before they are joined. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new OAuthError('invalid_client', 'The Basic credentials are not form-encoded.', 401);
  }
}
