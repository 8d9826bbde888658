import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy } from 'passport-oauth2';
import { fetchMember } from './launchdarkly-member.js';

const { env } = process;
const baseUri = env.LD_BASE_URI ?? 'https://app.launchdarkly.com';

const launchDarkly = new Strategy(
  {
    authorizationURL: `${baseUri}/trust/oauth/authorize`,
    tokenURL: `${baseUri}/trust/oauth/token`,
    clientID: env.LD_OAUTH_CLIENT_ID,
    clientSecret: env.LD_OAUTH_CLIENT_SECRET,
    callbackURL: env.LD_OAUTH_REDIRECT_URI, // https://app.example.com/auth/callback
    scope: 'reader',
    state: true, // off by default, and so is PKCE
    pkce: true,
  },
  (accessToken, _refreshToken, _profile, done) => {
    fetchMember(accessToken).then((member) => done(null, member ?? false), done);
  },
);
passport.use('launchdarkly', launchDarkly);
passport.serializeUser((member, done) => done(null, { ...member, until: Date.now() + 3_600_000 }));
passport.deserializeUser((member, done) => done(null, Date.now() < member.until && member));

const app = express();
app.set('trust proxy', 1); // one TLS terminator in front
const secret = env.SESSION_SECRET.split(',');
app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax', secure: true } }));
app.use(passport.session());

app.get('/login', passport.authenticate('launchdarkly'));
app.get('/auth/callback', passport.authenticate('launchdarkly', { successRedirect: '/private' })); // 401 when refused
app.get('/private', (req, res) => (req.isAuthenticated() ? res.json(req.user) : res.redirect('/login')));
app.post('/logout', (req, res, next) => req.logout((error) => (error ? next(error) : res.redirect('/'))));
app.use((error, _req, res, _next) => {
  console.error(error.message); // the error itself can hold LaunchDarkly's answer
  res.status(502).send('The login failed.');
});

app.listen(Number(env.PORT ?? 3000), '127.0.0.1');
