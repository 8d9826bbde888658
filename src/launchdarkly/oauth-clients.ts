import * as v from 'valibot';
import { LaunchDarklyApiError } from './api-error.ts';
import { parseJson } from './http/http.ts';
import { type Credential, epochMs, id, maybe, type RestApi } from './rest-api.ts';

/*
 * LaunchDarkly's OAuth2 clients API: https://launchdarkly.com/docs/api/oauth2-client. It takes an API access token
 * with the Admin role.
 */

const collection = '/api/v2/oauth/clients';

/** The fields of a client that can be set. */
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

const client = v.pipe(fields, v.transform(toClient));

/** A registered client. LaunchDarkly shows its secret only when it is created. */
export type OAuth2Client = Readonly<ReturnType<typeof toClient>>;

const created = v.pipe(
  fields,
  v.transform((body) => ({ ...toClient(body), clientSecret: body._clientSecret || undefined })),
);

/** A client as LaunchDarkly returns it on creation. It cannot be used when `clientSecret` was left out. */
export type CreatedOAuth2Client = Readonly<v.InferOutput<typeof created>>;

/**
 * The operations on OAuth2 clients.
 * @param baseUri origin of the LaunchDarkly instance, which links to further pages may not leave.
 */
export function oauthClientOperations(callApi: RestApi, baseUri: string) {
  return {
    /**
     * Registers a client. Not idempotent and never retried: list the clients before calling it again. Throws
     * `LaunchDarklyApiError`; its `mayHaveTakenEffect` says whether the client may exist now.
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
        schema: created,
      });
    },

    /** Every client of the account; follows `_links.next` on the same origin. Throws `LaunchDarklyApiError`. */
    listOAuth2Clients(credential: Credential): Promise<OAuth2Client[]> {
      return listAll(callApi, credential, baseUri);
    },

    /** One client by its id. Throws `LaunchDarklyApiError`, with the reason `not_found` for an unknown id. */
    getOAuth2Client(credential: Credential, clientId: string): Promise<OAuth2Client> {
      return callApi(credential, { operation: 'getOAuthClientById', path: pathOf(clientId), schema: client });
    },

    /** Changes the given fields, by JSON Patch (RFC 6902). An empty description is removed. */
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
        schema: client,
      });
    },

    /** Deletes a client; its secret stops working. Throws `not_found` when it does not exist. */
    async deleteOAuth2Client(credential: Credential, clientId: string): Promise<void> {
      await callApi(credential, {
        operation: 'deleteOAuthClient',
        method: 'DELETE',
        path: pathOf(clientId),
        schema: v.unknown(),
      });
    },
  };
}

function toClient(body: v.InferOutput<typeof fields>) {
  return {
    clientId: body._clientId,
    accountId: body._accountId,
    name: body.name,
    description: body.description ?? '',
    redirectUri: body.redirectUri,
    /** Epoch milliseconds. */
    createdAt: body._creationDate,
  };
}

function pathOf(clientId: string): string {
  return `${collection}/${encodeURIComponent(clientId)}`;
}

const MAX_PAGES = 100;

const page = v.pipe(
  v.object({
    items: v.array(client),
    _links: maybe(v.object({ next: maybe(v.object({ href: maybe(v.string()) })) })),
  }),
  v.transform(({ items, _links }) => ({ items, next: _links?.next?.href })),
);

/** A page of the list as it came, and the link to the next one. Undefined when it is no such page. */
export function readClientPage(body: string): v.InferOutput<typeof page> | undefined {
  const read = v.safeParse(page, parseJson(body));
  return read.success ? read.output : undefined;
}

/**
 * Reads all pages along `_links.next`, on the same origin only. Throws `LaunchDarklyApiError` (`unexpected_response`)
 * when a link leaves the origin, leads to a page that was already read, or there are too many pages.
 */
async function listAll(callApi: RestApi, credential: Credential, baseUri: string): Promise<OAuth2Client[]> {
  const operation = 'getOAuthClients';
  const clients: OAuth2Client[] = [];
  const read = new Set<string>();
  for (let path: string | undefined = collection; path !== undefined; ) {
    read.add(path);
    const { items, next }: v.InferOutput<typeof page> = await callApi(credential, { operation, path, schema: page });
    clients.push(...items);
    path = next === undefined ? undefined : pathOfLink(next);
    if (path !== undefined && (read.has(path) || read.size >= MAX_PAGES)) throw unexpected('its pages do not end');
  }
  return clients;

  function pathOfLink(href: string): string {
    const url = URL.canParse(href, baseUri) ? new URL(href, baseUri) : undefined;
    if (url?.origin !== baseUri) throw unexpected('the link to the next page leaves LaunchDarkly');
    return url.pathname + url.search;
  }

  function unexpected(problem: string): LaunchDarklyApiError {
    return new LaunchDarklyApiError({ operation, reason: 'unexpected_response', status: 200, problem });
  }
}
