// log-in-with-launchdarkly 0.1.0, MIT License
import type { RequestHandler } from 'express';
import type { FreshLogins } from './fresh-login.ts';
import { LoginError } from './login-error.ts';
import { forwardErrors } from './navigation.ts';
import type { User } from './user-session.ts';

/**
 * Answers a proxy that asks whether to let a request pass: 204 with the member in `X-Auth-…` headers, or 401. Never
 * redirects. Refreshes and verifies the login as `requireLogin` does. Errors of the session store go to `next`.
 */
export function createVerifyRoute(freshLogin: FreshLogins['freshLogin']): RequestHandler {
  return forwardErrors(async function verify(req, res) {
    const login = await freshLogin(req).catch((error) => {
      if (!(error instanceof LoginError)) throw error;
    });
    if (login) res.set(identityHeaders(login.user));
    res.status(login ? 204 : 401).end();
  });
}

/** A base role is not in effect for members with custom roles, so these have no `X-Auth-Role`. */
function identityHeaders({ id, email, accountId, role, customRoles }: User): Record<string, string> {
  return {
    'X-Auth-Member': headerSafe(id),
    'X-Auth-Email': headerSafe(email),
    'X-Auth-Account': headerSafe(accountId),
    ...(customRoles.length === 0 && { 'X-Auth-Role': headerSafe(role) }),
  };
}

/** Percent-encodes (RFC 3986, UTF-8) all but visible ASCII, and the percent sign, so that any value is a valid header. */
function headerSafe(value: string): string {
  return Buffer.from(value)
    .toString('latin1')
    .replace(/[^\x21-\x24\x26-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
