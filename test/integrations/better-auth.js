import { betterAuth } from 'better-auth';
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node';
import { genericOAuth } from 'better-auth/plugins';
import express from 'express';
import { fetchMember } from './launchdarkly-member.js';

const { env } = process;
const baseUri = env.LD_BASE_URI ?? 'https://app.launchdarkly.com';

const launchDarkly = {
  providerId: 'launchdarkly',
  clientId: env.LD_OAUTH_CLIENT_ID,
  clientSecret: env.LD_OAUTH_CLIENT_SECRET,
  tokenEndpointAuth: { method: 'client_secret_post' },
  authorizationUrl: `${baseUri}/trust/oauth/authorize`,
  tokenUrl: `${baseUri}/trust/oauth/token`,
  scopes: ['reader'],
  pkce: true,
  getUserInfo: ({ accessToken }) => fetchMember(accessToken),
};

const auth = betterAuth({
  baseURL: new URL(env.LD_OAUTH_REDIRECT_URI).origin,
  secret: env.SESSION_SECRET,
  session: { expiresIn: 3600, disableSessionRefresh: true },
  account: { encryptOAuthTokens: true },
  plugins: [genericOAuth({ config: [launchDarkly] })],
});

const app = express();
app.all('/api/auth/*path', toNodeHandler(auth)); // the redirect URI is https://app.example.com/api/auth/callback/launchdarkly
app.get('/login', async (req, res) => {
  const { headers, response } = await auth.api.signInSocial({
    body: { provider: 'launchdarkly', callbackURL: '/private', errorCallbackURL: '/denied' },
    headers: fromNodeHeaders(req.headers),
    returnHeaders: true,
  });
  res.setHeader('Set-Cookie', headers.getSetCookie()).redirect(response.url);
});
app.get('/private', async (req, res) => {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) });
  if (session) res.json(session.user);
  else res.redirect('/login');
});
app.get('/denied', (_req, res) => res.status(403).send('The login failed.'));

app.listen(Number(env.PORT ?? 3000), '127.0.0.1');
