import type { Request, RequestHandler } from 'express';
import { removeClient } from '../grants.ts';
import { baseUrl } from '../http/base-url.ts';
import { hasMediaType, parseJson, queryOf } from '../http/body.ts';
import type { OAuthClient } from '../model.ts';
import { newAwkwardSecret, newClientId, newSecret, sha256 } from '../secrets.ts';
import type { SandboxStore } from '../store.ts';
import { authenticate, requireAdmin } from './caller.ts';
import { applyPatch } from './json-patch.ts';
import { checkOAuthClientInput } from './oauth-client-input.ts';
import { oauthClientListRep, oauthClientRep } from './oauth-client-rep.ts';
import { invalidRequestBody, notFound, validationFailed } from './rest-error.ts';

/** `POST /api/v2/oauth/clients`: registers a client. Its secret is in this answer and nowhere else. */
export function createOAuth2Client(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const accountId = administeredAccount(store, req);
    const input = checkOAuthClientInput(store, readJson(req));
    refuseTakenName(store, { accountId, name: input.name });
    const secret = store.switches.awkwardSecrets ? newAwkwardSecret() : newSecret('secret');
    const client: OAuthClient = {
      id: newClientId(),
      accountId,
      ...input,
      secretHash: sha256(secret),
      creationDate: store.clock.now(),
    };
    store.clients.set(client.id, client);
    await store.saved();
    res.status(201).json({ ...oauthClientRep(client), _clientSecret: secret });
  };
}

/** `GET /api/v2/oauth/clients`: the account's clients, on one page or, where the switches say so, several. */
export function getOAuthClients(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const accountId = administeredAccount(store, req);
    const clients = [...store.clients.values()].filter((client) => client.accountId === accountId);
    const { clientListPageSize: size, absoluteNextLinks } = store.switches;
    if (size === 0) return void res.json(oauthClientListRep(clients));
    const offset = Math.max(0, Number.parseInt(queryOf(req).get('offset') ?? '0', 10) || 0);
    const nextPath = `/api/v2/oauth/clients?limit=${size}&offset=${offset + size}`;
    const next = absoluteNextLinks ? `${baseUrl(req)}${nextPath}` : nextPath;
    res.json(
      oauthClientListRep(clients.slice(offset, offset + size), {
        self: req.originalUrl,
        next: offset + size < clients.length ? next : undefined,
      }),
    );
  };
}

/** `GET /api/v2/oauth/clients/{clientId}`. */
export function getOAuthClientById(store: SandboxStore): RequestHandler {
  return (req, res) => {
    res.json(oauthClientRep(findClient(store, req)));
  };
}

/** `PATCH /api/v2/oauth/clients/{clientId}`: all of the patch, or none of it. */
export function patchOAuthClient(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const found = findClient(store, req);
    const { description, ...client } = found;
    const patch = readJson(req);
    const attributes = { ...client, ...(description === undefined ? {} : { description }) };
    const input = checkOAuthClientInput(store, applyPatch(attributes, oauthClientRep(found), patch));
    refuseTakenName(store, { ...client, name: input.name });
    const patched: OAuthClient = {
      ...client,
      ...input,
      ...formerRedirectUri(store, found, input.redirectUri),
    };
    store.clients.set(client.id, patched);
    await store.saved();
    res.json(oauthClientRep(patched));
  };
}

/** `DELETE /api/v2/oauth/clients/{clientId}`: the client goes, and with it every token it was given. */
export function deleteOAuthClient(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    removeClient(store, findClient(store, req).id);
    await store.saved();
    res.status(204).end();
  };
}

/** Whether LaunchDarkly refuses a name that is taken is not known: it does not, with a switch. */
function refuseTakenName(
  { clients, switches }: SandboxStore,
  { id, accountId, name }: { id?: string; accountId: string; name: string },
): void {
  const taken = [...clients.values()].some(
    (client) => client.accountId === accountId && client.name === name && client.id !== id,
  );
  if (taken && switches.refuseDuplicateNames) {
    throw validationFailed([{ attribute: 'name', reason: 'is taken by another client' }]);
  }
}

function formerRedirectUri({ clock, switches }: SandboxStore, { redirectUri }: OAuthClient, next: string) {
  if (next === redirectUri || switches.redirectUriDelay === 0) return {};
  return { formerRedirectUri: { uri: redirectUri, until: clock.now() + switches.redirectUriDelay * 1000 } };
}

function administeredAccount(store: SandboxStore, req: Request): string {
  const caller = authenticate(store, req);
  requireAdmin(store, caller);
  return caller.accountId;
}

function findClient(store: SandboxStore, req: Request): OAuthClient {
  const accountId = administeredAccount(store, req);
  const client = store.clients.get(String(req.params.clientId));
  if (client?.accountId !== accountId) throw notFound();
  return client;
}

/** The overview rules out any other media type, and the operations declare no other. */
function readJson(req: Request): unknown {
  if (!hasMediaType(req, 'application/json')) throw invalidRequestBody();
  try {
    return parseJson(req);
  } catch {
    throw invalidRequestBody();
  }
}
