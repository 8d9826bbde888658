// Log in with LaunchDarkly: the whole login, to read from top to bottom. It works, and it is not hardened: each "Left
// out" names what a production app adds, and the file of this repository that does it.
import { createServer } from 'node:https';
import { promisify } from 'node:util';
import { config } from 'dotenv';
import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import * as client from 'openid-client';

// Settings. `npm run bootstrap` registers the app at LaunchDarkly and writes them to .env.
const env = { ...config({ quiet: true }).parsed, ...process.env };
const baseUri = env.LD_BASE_URI || 'https://app.launchdarkly.com'; // or the sandbox, http://127.0.0.1:4000
const redirectUri = new URL(env.LD_OAUTH_REDIRECT_URI || 'https://localhost:3000/auth/callback');
const isLocal = redirectUri.hostname === 'localhost';
const allowedAccounts = (env.LD_ALLOWED_ACCOUNTS || required('LD_ACCOUNT_ID')).split(',');

function required(name: string): string {
  if (env[name]) return env[name];
  console.error(`${name} is not set. Run \`npm run bootstrap\`: it writes ${name} to .env.`);
  process.exit(2);
}

// The endpoints are given, so starting needs no network. Left out: proxy, time limits, retries (src/launchdarkly).
const endpoints = {
  issuer: baseUri,
  authorization_endpoint: `${baseUri}/trust/oauth/authorize`,
  token_endpoint: `${baseUri}/trust/oauth/token`,
};
const secretInBody = client.ClientSecretPost(required('LD_OAUTH_CLIENT_SECRET'));
const oauth = new client.Configuration(endpoints, required('LD_OAUTH_CLIENT_ID'), undefined, secretInBody);
if (/^http:\/\/127\.0\.0\.1:\d+$/.test(baseUri)) client.allowInsecureRequests(oauth); // only the sandbox

declare module 'express-session' {
  interface SessionData {
    pending?: { state: string; codeVerifier: string; returnTo: string };
    member?: { id: string; accountId: string; email: string };
  }
}

// The browser gets a signed id, the rest stays here. Left out: sessions that survive a restart (src/session-store).
const app = express();
app.set('trust proxy', isLocal ? 0 : 1);
const cookie = { secure: true, httpOnly: true, sameSite: 'lax' as const };
const secret = required('SESSION_SECRET').split(',');
app.use(session({ name: '__Host-minimal', secret, resave: false, saveUninitialized: false, cookie }));
// Left out: security headers (src/web/security.ts), rate limits (src/web/rate-limit.ts), a log (src/logging/log.ts).

// 1. Send the browser to LaunchDarkly.
app.get('/auth/login', (req, res) => startLogin(req, res, '/'));

async function startLogin(req: Request, res: Response, returnTo: string) {
  const state = client.randomState(); // ties the response to this browser
  const codeVerifier = client.randomPKCECodeVerifier(); // proves that we requested the code we redeem (RFC 7636)
  const authorizationRequest = client.buildAuthorizationUrl(oauth, {
    redirect_uri: redirectUri.href,
    scope: 'reader',
    state,
    code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  req.session.pending = { state, codeVerifier, returnTo }; // Left out: two tabs (src/auth/login-transaction.ts)
  await promisify(req.session.save).call(req.session); // before the redirect: the response may come at once
  res.redirect(303, authorizationRequest.href);
}

// 2. LaunchDarkly sends the browser back, with a code. Left out: reload, the back button (src/auth/router.ts).
app.get(redirectUri.pathname, async (req, res) => {
  const { pending } = req.session;
  if (!pending) return void res.status(400).send('No login is in progress here. <a href="/">Start again</a>');
  delete req.session.pending; // each attempt counts once
  const response = new URL(redirectUri); // the registered address, not the Host header, which anybody can set
  response.search = new URL(req.originalUrl, redirectUri).search;
  const checks = { expectedState: pending.state, pkceCodeVerifier: pending.codeVerifier };
  const { access_token } = await client.authorizationCodeGrant(oauth, response, checks); // redeems the code

  // 3. Who is it? Left out: roles, pending invitations (src/launchdarkly-login/fetch-user.ts).
  const { accountId } = await ask(access_token, '/api/v2/caller-identity');
  if (!allowedAccounts.includes('*') && !allowedAccounts.includes(accountId))
    return void res.status(403).send('Members of your LaunchDarkly account may not use this app.');
  const { _id: id, email } = await ask(access_token, '/api/v2/members/me');

  // 4. A new session id, so that an id planted before the login is worthless. The tokens are dropped here. Left out:
  // keep them encrypted (src/auth/session-logins.ts), refresh them, notice removed members (src/auth/token-refresh.ts).
  await promisify(req.session.regenerate).call(req.session);
  req.session.member = { id, accountId, email };
  await promisify(req.session.save).call(req.session);
  res.redirect(303, pending.returnTo);
});

async function ask(accessToken: string, path: string) {
  const answer = await client.fetchProtectedResource(oauth, accessToken, new URL(path, baseUri), 'GET');
  if (!answer.ok) throw new Error(`LaunchDarkly answered ${path} with ${answer.status}`);
  return (await answer.json()) as Record<'accountId' | '_id' | 'email', string>;
}

// 5. Use it. Left out: a 401 for programs instead of a redirect (src/auth/fresh-login.ts), pages (src/web/pages.ts).
const requireLogin = (req: Request, res: Response, next: NextFunction) =>
  req.session.member ? next() : startLogin(req, res, req.originalUrl);
const logOut = '<form method="post" action="/auth/logout"><button>Log out</button></form>';
app.get('/', (req, res) => void res.send(req.session.member ? logOut : '<a href="/api/me">Log in</a>'));
app.get('/api/me', requireLogin, (req, res) => void res.json(req.session.member));
app.post('/auth/logout', async (req, res) => {
  await promisify(req.session.destroy).call(req.session); // Left out: revoking tokens (src/auth/router.ts)
  res.redirect(303, '/'); // LaunchDarkly's own session goes on
});

// Left out: a status, a page and a next step for each failure (src/web/failures.ts).
app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
  console.error(`Login failed: ${error.message}`); // only the message: the error itself can hold tokens
  const cancelled = error instanceof client.AuthorizationResponseError && error.error === 'access_denied';
  const message = cancelled ? 'You cancelled the login.' : 'The login failed.';
  res.status(cancelled ? 200 : 502).send(`${message} <a href="/">Back</a>`);
});

// https on this machine, plain http behind a proxy elsewhere. Left out: trusted certificates (src/local-https).
const { generate } = isLocal ? await import('selfsigned') : {};
const pair = await generate?.([{ name: 'commonName', value: 'localhost' }]); // browsers warn about it
const port = Number(env.PORT || (isLocal && redirectUri.port) || 3000);
(pair ? createServer({ key: pair.private, cert: pair.cert }, app) : app).listen(port, '127.0.0.1');
console.log(`Open ${redirectUri.origin}`);
