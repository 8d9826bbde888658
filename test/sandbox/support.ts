import { createHash, randomBytes } from 'node:crypto';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';

export const REDIRECT_URI = 'https://app.example.test/auth/callback';
export const ARIEL = 'ariel.reader@acme.example';

export interface RegisteredClient {
  id: string;
  secret: string;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
}

/** The JSON of an answer, as what the test expects it to be. */
export async function bodyOf<T = Record<string, unknown>>(res: Response): Promise<T> {
  return (await res.json()) as T;
}

/** Runs `task` with a sandbox on a free port, and ends the sandbox whatever happens. */
export async function withSandbox<T>(
  options: SandboxOptions,
  task: (sandbox: Sandbox) => Promise<T>,
): Promise<T> {
  const sandbox = await startSandbox({ port: 0, ...options });
  try {
    return await task(sandbox);
  } finally {
    await sandbox.close();
  }
}

/** Calls the REST API with the Admin's token unless `headers` say otherwise; a body is sent as JSON. */
export function api(
  sandbox: Sandbox,
  method: string,
  path: string,
  { body, headers }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(`${sandbox.url}/api/v2${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(headers ?? { Authorization: sandbox.adminToken }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

export async function registerClient(
  sandbox: Sandbox,
  redirectUri = REDIRECT_URI,
  name = 'Test app',
): Promise<RegisteredClient> {
  const res = await api(sandbox, 'POST', '/oauth/clients', { body: { name, redirectUri } });
  const body = await bodyOf<{ _clientId: string; _clientSecret: string }>(res);
  if (res.status !== 201) throw new Error(`Not registered: ${JSON.stringify(body)}`);
  return { id: body._clientId, secret: body._clientSecret };
}

/** A PKCE verifier and its S256 challenge. */
export function pkcePair() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** The authorize URL with sensible parameters; `undefined` in `changes` leaves one out. */
export function authorizeUrl(
  sandbox: Sandbox,
  client: RegisteredClient,
  changes: Record<string, string | undefined> = {},
): string {
  const parameters = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: REDIRECT_URI,
    scope: 'reader',
    state: 'a state & more',
    login_hint: ARIEL,
    ...changes,
  };
  const query = Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  return `${sandbox.url}/trust/oauth/authorize?${new URLSearchParams(query)}`;
}

export const visit = (url: string, init: RequestInit = {}) => fetch(url, { redirect: 'manual', ...init });

/** Where a redirect leads; fails when the answer is none. */
export function locationOf(res: Response): URL {
  const location = res.headers.get('location');
  if (!location) throw new Error(`No redirect: ${res.status}`);
  return new URL(location);
}

/** Logs in with `login_hint` at a sandbox that approves by itself, and gives the code. */
export async function codeFor(
  sandbox: Sandbox,
  client: RegisteredClient,
  changes: Record<string, string | undefined> = {},
): Promise<string> {
  const location = locationOf(await visit(authorizeUrl(sandbox, client, changes)));
  const code = location.searchParams.get('code');
  if (!code) throw new Error(`No code: ${location}`);
  return code;
}

/** Posts a form to the token endpoint, the client's credentials in the body unless `headers` carry them. */
export function postToken(
  sandbox: Sandbox,
  form: Record<string, string> | URLSearchParams,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${sandbox.url}/trust/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
  });
}

export function redeem(
  sandbox: Sandbox,
  client: RegisteredClient,
  code: string,
  changes: Record<string, string> = {},
): Promise<Response> {
  return postToken(sandbox, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    client_id: client.id,
    client_secret: client.secret,
    ...changes,
  });
}

export function refresh(sandbox: Sandbox, client: RegisteredClient, refreshToken: string): Promise<Response> {
  return postToken(sandbox, {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: client.id,
    client_secret: client.secret,
  });
}

export async function tokensFor(
  sandbox: Sandbox,
  client: RegisteredClient,
  changes: Record<string, string | undefined> = {},
): Promise<Tokens> {
  const res = await redeem(sandbox, client, await codeFor(sandbox, client, changes));
  if (res.status !== 200) throw new Error(`No tokens: ${res.status} ${await res.text()}`);
  return bodyOf<Tokens>(res);
}

export const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
