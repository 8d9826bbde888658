import * as v from 'valibot';
import { paginate } from './paginate.ts';
import type { Answer } from './response-schema.ts';
import { epochMs, id, maybe } from './response-schema.ts';
import type { Credential, RestApi } from './rest-api.ts';

/*
 * LaunchDarkly's OAuth2 clients API: https://launchdarkly.com/docs/api/oauth2-client. It takes an API access token
 * with administrator rights over the account.
 */

const collection = '/api/v2/oauth/clients';

/** A registered client. LaunchDarkly shows its secret only when it is created. */
export interface OAuth2Client {
  readonly clientId: string;
  readonly accountId: string;
  readonly name: string;
  readonly description: string;
  readonly redirectUri: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** A client that was just registered. */
export interface CreatedOAuth2Client extends OAuth2Client {
  /** Shown here and never again; undefined when LaunchDarkly did not show it, and the client is of no use. */
  readonly clientSecret: string | undefined;
}

/** What a client is made of. */
export interface OAuth2ClientInput {
  readonly name: string;
  /** Absolute https URL without query. */
  readonly redirectUri: string;
  readonly description?: string;
}

const fields = v.object({
  _clientId: id,
  _accountId: id,
  name: v.string(),
  description: maybe(v.string()),
  redirectUri: v.string(),
  _creationDate: epochMs,
  _clientSecret: maybe(v.string()),
});

const client: Answer<OAuth2Client> = v.pipe(fields, v.transform(toClient));

const created: Answer<CreatedOAuth2Client> = v.pipe(
  fields,
  v.transform((body) => ({ ...toClient(body), clientSecret: body._clientSecret || undefined })),
);

/**
 * The operations on OAuth2 clients.
 * @param baseUri origin of the LaunchDarkly instance, which links to further pages may not leave.
 */
export function oauthClientOperations(callApi: RestApi, baseUri: string) {
  return {
    /**
     * Registers a client. Not idempotent, never repeated: the caller looks before trying again. Throws
     * `LaunchDarklyApiError`; its `mayHaveActed` tells whether there may be a client now.
     */
    createOAuth2Client(
      credential: Credential,
      { name, redirectUri, description }: OAuth2ClientInput,
    ): Promise<CreatedOAuth2Client> {
      return callApi(credential, {
        operation: 'createOAuth2Client',
        method: 'POST',
        path: collection,
        body: { name, redirectUri, ...(description && { description }) },
        answer: created,
      });
    },

    /** Every client of the account; follows `_links.next` on the same origin. Throws `LaunchDarklyApiError`. */
    listOAuth2Clients(credential: Credential): Promise<OAuth2Client[]> {
      return paginate(callApi, credential, {
        baseUri,
        operation: 'getOAuthClients',
        path: collection,
        item: client,
      });
    },

    /** One client by its id. Throws `LaunchDarklyApiError`, with the reason `not_found` for an id it does not know. */
    getOAuth2Client(credential: Credential, clientId: string): Promise<OAuth2Client> {
      return callApi(credential, { operation: 'getOAuthClientById', path: pathOf(clientId), answer: client });
    },

    /** Changes just what is given, by JSON Patch (RFC 6902). An empty description is removed. */
    patchOAuth2Client(
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
        answer: client,
      });
    },

    /** Deletes a client; its secret stops working. A client that is gone already is `not_found`. */
    async deleteOAuth2Client(credential: Credential, clientId: string): Promise<void> {
      await callApi(credential, {
        operation: 'deleteOAuthClient',
        method: 'DELETE',
        path: pathOf(clientId),
        answer: v.unknown(),
      });
    },
  };
}

function toClient(body: v.InferOutput<typeof fields>): OAuth2Client {
  return {
    clientId: body._clientId,
    accountId: body._accountId,
    name: body.name,
    description: body.description ?? '',
    redirectUri: body.redirectUri,
    createdAt: body._creationDate,
  };
}

function pathOf(clientId: string): string {
  return `${collection}/${encodeURIComponent(clientId)}`;
}
