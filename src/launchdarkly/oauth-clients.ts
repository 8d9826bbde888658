import * as v from 'valibot';
import { pagesOf } from './pages-of.ts';
import type { Credential, RestApi } from './rest-api.ts';

/*
 * LaunchDarkly's OAuth2 clients API: https://launchdarkly.com/docs/api/oauth2-client. It takes an API access token
 * with administrator rights over the account.
 */

const collection = '/api/v2/oauth/clients';

const client = v.pipe(
  v.object({
    _clientId: v.pipe(v.string(), v.minLength(1)),
    _accountId: v.string(),
    name: v.string(),
    description: v.nullish(v.string()),
    redirectUri: v.string(),
    // int64 epoch milliseconds; one sample in the documentation prints it as text
    _creationDate: v.pipe(v.union([v.number(), v.string()]), v.transform(Number)),
  }),
  v.transform((body) => ({
    clientId: body._clientId,
    accountId: body._accountId,
    name: body.name,
    description: body.description ?? '',
    redirectUri: body.redirectUri,
    /** Epoch milliseconds. */
    createdAt: body._creationDate,
  })),
);

const created = v.pipe(
  v.intersect([client, v.object({ _clientSecret: v.optional(v.string()) })]),
  v.transform(({ _clientSecret, clientId, accountId, name, description, redirectUri, createdAt }) => ({
    clientId,
    accountId,
    name,
    description,
    redirectUri,
    createdAt,
    /** Shown here and never again; undefined when LaunchDarkly did not show it, and the client is of no use. */
    clientSecret: _clientSecret || undefined,
  })),
);

/** A registered client. LaunchDarkly shows its secret only when it is created. */
export type OAuth2Client = v.InferOutput<typeof client>;

/** A client that was just registered. */
export type CreatedOAuth2Client = v.InferOutput<typeof created>;

/** What a client is made of. */
export interface OAuth2ClientInput {
  readonly name: string;
  /** Absolute https URL without query. */
  readonly redirectUri: string;
  readonly description?: string;
}

/** Registers a client. Not idempotent, never repeated: the caller looks before trying again. */
export function createOAuth2Client(
  callApi: RestApi,
  credential: Credential,
  { name, redirectUri, description }: OAuth2ClientInput,
): Promise<CreatedOAuth2Client> {
  return callApi(credential, {
    operation: 'createOAuth2Client',
    method: 'POST',
    path: collection,
    body: { name, redirectUri, ...(description && { description }) },
    expect: 201,
    schema: created,
  });
}

/** Every client of the account, page by page. */
export function listOAuth2Clients(
  callApi: RestApi,
  credential: Credential,
  baseUri: string,
): Promise<OAuth2Client[]> {
  return pagesOf(callApi, credential, {
    baseUri,
    operation: 'getOAuthClients',
    path: collection,
    item: client,
  });
}

/** One client by its id. */
export function getOAuth2Client(
  callApi: RestApi,
  credential: Credential,
  clientId: string,
): Promise<OAuth2Client> {
  return callApi(credential, { operation: 'getOAuthClientById', path: pathOf(clientId), schema: client });
}

/** Changes just what is given, by JSON Patch (RFC 6902). An empty description is removed. */
export function patchOAuth2Client(
  callApi: RestApi,
  credential: Credential,
  clientId: string,
  changes: Partial<OAuth2ClientInput>,
): Promise<OAuth2Client> {
  const body = Object.entries(changes).map(([field, value]) =>
    field === 'description' && value === ''
      ? { op: 'remove', path: '/description' }
      : { op: 'replace', path: `/${field}`, value },
  );
  return callApi(credential, {
    operation: 'patchOAuthClient',
    method: 'PATCH',
    path: pathOf(clientId),
    body,
    schema: client,
  });
}

/** Deletes a client; its secret stops working. A client that is gone already is `not_found`. */
export async function deleteOAuth2Client(
  callApi: RestApi,
  credential: Credential,
  clientId: string,
): Promise<void> {
  await callApi(credential, {
    operation: 'deleteOAuthClient',
    method: 'DELETE',
    path: pathOf(clientId),
    expect: 204,
    schema: v.unknown(),
  });
}

function pathOf(clientId: string): string {
  return `${collection}/${encodeURIComponent(clientId)}`;
}
