import type { OAuthClient } from '../model.ts';

const COLLECTION = '/api/v2/oauth/clients';

/** An OAuth2 client as the API shows it: never with its secret, which is only in the answer to its creation. */
export function oauthClientRep(client: OAuthClient) {
  return {
    _links: {
      parent: { href: COLLECTION, type: 'application/json' },
      self: { href: `${COLLECTION}/${client.id}`, type: 'application/json' },
    },
    name: client.name,
    ...(client.description === undefined ? {} : { description: client.description }),
    _accountId: client.accountId,
    _clientId: client.id,
    redirectUri: client.redirectUri,
    _creationDate: client.creationDate,
  };
}

/** One page of the client list. `next` is the link to the page after it, if there is one. */
export function oauthClientListRep(
  clients: OAuthClient[],
  { self = COLLECTION, next }: { self?: string; next?: string | undefined } = {},
) {
  return {
    _links: {
      self: { href: self, type: 'application/json' },
      ...(next === undefined ? {} : { next: { href: next, type: 'application/json' } }),
    },
    items: clients.map(oauthClientRep),
  };
}
