import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import * as login from 'log-in-with-launchdarkly';

const { LD_BASE_URI: baseUri, LD_OAUTH_CLIENT_ID: clientId, LD_OAUTH_CLIENT_SECRET: clientSecret } = process.env;
const { LD_OAUTH_REDIRECT_URI: redirectUri, LD_ACCOUNT_ID: accountId, SESSION_SECRET, PORT = 3000 } = process.env;
const http = login.createHttp();
const server = login.launchDarklyOAuthServer(baseUri ?? 'https://app.launchdarkly.com');
const client = { clientId, clientSecret, redirectUri, scope: 'reader' };
const oauth = login.createOAuthClient({ server, ...client, fetch: http.fetch });
const launchDarkly = login.createLaunchDarkly({ baseUri: server.issuer, http });
const fetchUser = login.createFetchUser(launchDarkly, { allowedAccounts: [accountId] });

const sealer = login.createSealer(SESSION_SECRET.split(','), 'cookies');
const cookie = { httpOnly: true, secure: true, sameSite: 'Lax', path: '/', prefix: 'host' };
const keep = (c, name, value, seconds) => {
  const text = JSON.stringify({ ...value, until: Date.now() + seconds * 1000 });
  setCookie(c, name, sealer.seal(text, name), { ...cookie, maxAge: seconds });
};
const find = (c, name) => {
  const value = JSON.parse(sealer.open(getCookie(c, name, 'host') ?? '', name) ?? '{}');
  return value.until > Date.now() ? value : undefined;
};

const app = new Hono();
app.use(csrf({ origin: new URL(redirectUri).origin }));
app.get('/auth/login', (c) => {
  const { url, state, codeVerifier } = oauth.buildAuthorizationRequest();
  keep(c, 'login', { state, codeVerifier, returnTo: login.safeReturnTo(c.req.query('returnTo')) }, 600);
  return c.redirect(url.href, 303);
});
app.get('/auth/callback', async (c) => {
  const transaction = find(c, 'login');
  if (!transaction) throw new login.LoginError('login_unknown');
  deleteCookie(c, 'login', cookie);
  const { accessToken } = await oauth.exchangeAuthorizationCode(new URL(c.req.url).search, transaction);
  keep(c, 'session', { user: await fetchUser(accessToken) }, 3600);
  return c.redirect(transaction.returnTo, 303);
});
app.post('/auth/logout', (c) => {
  deleteCookie(c, 'session', cookie);
  return c.redirect('/logged-out', 303);
});
app.get('/private', (c) => {
  const session = find(c, 'session');
  if (session) return c.json(session.user);
  const page = c.req.header('accept')?.includes('text/html');
  return page ? c.redirect(`/auth/login?returnTo=${encodeURIComponent(c.req.path)}`, 303) : c.json({}, 401);
});
app.get('/logged-out', (c) => c.text('You are logged out of this app.'));
app.onError((error, c) => c.json({ reason: error.reason ?? 'failed' }, error.status ?? 500));
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) });
