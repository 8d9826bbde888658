/*
 * What the benchmark compares with: the same login without any protection beyond state and PKCE, written the way the
 * documentation of Express, express-session and openid-client shows it.
 */
import express from 'express';
import session from 'express-session';
import * as client from 'openid-client';

const { PORT, PUBLIC_ORIGIN, LD_BASE_URI, CLIENT_ID, CLIENT_SECRET, SESSION_SECRET } = process.env;
const server = {
  issuer: LD_BASE_URI,
  authorization_endpoint: `${LD_BASE_URI}/trust/oauth/authorize`,
  token_endpoint: `${LD_BASE_URI}/trust/oauth/token`,
};
const configuration = new client.Configuration(server, CLIENT_ID, undefined, client.ClientSecretPost(CLIENT_SECRET));
client.allowInsecureRequests(configuration); // the benchmark's server is on this machine

const app = express();
app.set('trust proxy', 1);
app.use(
  session({
    secret: SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, secure: true, sameSite: 'lax' },
  }),
);

app.get('/', (req, res) => {
  const { member } = req.session;
  res.send(member ? `<p>Hello ${member.firstName}</p>` : '<p><a href="/login">Log in</a></p>');
});

app.get('/login', async (req, res, next) => {
  const state = client.randomState();
  const codeVerifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: `${PUBLIC_ORIGIN}/callback`,
    scope: 'reader',
    state,
    code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  req.session.pending = { state, codeVerifier };
  req.session.save((error) => (error ? next(error) : res.redirect(url.href)));
});

app.get('/callback', async (req, res, next) => {
  const { state, codeVerifier } = req.session.pending ?? {};
  const tokens = await client.authorizationCodeGrant(configuration, new URL(req.originalUrl, PUBLIC_ORIGIN), {
    expectedState: state,
    pkceCodeVerifier: codeVerifier,
  });
  const me = new URL('/api/v2/members/me', LD_BASE_URI);
  const answer = await client.fetchProtectedResource(configuration, tokens.access_token, me, 'GET');
  if (!answer.ok) throw new Error(`members/me answered ${answer.status}`);
  const member = await answer.json();
  req.session.regenerate((error) => {
    if (error) return next(error);
    Object.assign(req.session, { member, tokens });
    req.session.save((error) => (error ? next(error) : res.redirect('/')));
  });
});

app.get('/me', (req, res) => {
  if (req.session.member) res.json(req.session.member);
  else res.status(401).json({ error: 'login_required' });
});

app.listen(Number(PORT), '127.0.0.1');
