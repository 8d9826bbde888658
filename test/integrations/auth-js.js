import { ExpressAuth, getSession } from '@auth/express';
import express from 'express';
import { fetchMember } from './launchdarkly-member.js';

const { env } = process;
const baseUri = env.LD_BASE_URI ?? 'https://app.launchdarkly.com';

const launchDarkly = {
  id: 'launchdarkly',
  name: 'LaunchDarkly',
  type: 'oauth', // not oidc: there is no ID token
  clientId: env.LD_OAUTH_CLIENT_ID,
  clientSecret: env.LD_OAUTH_CLIENT_SECRET,
  client: { token_endpoint_auth_method: 'client_secret_post' },
  checks: ['pkce', 'state'],
  authorization: { url: `${baseUri}/trust/oauth/authorize`, params: { scope: 'reader' } },
  token: `${baseUri}/trust/oauth/token`,
  userinfo: {
    url: `${baseUri}/api/v2/members/me`,
    request: async ({ tokens }) => (await fetchMember(tokens.access_token)) ?? {},
  },
  profile: (member) => member,
};

const config = {
  providers: [launchDarkly],
  secret: env.SESSION_SECRET.split(','),
  session: { strategy: 'jwt' },
  trustHost: true, // LaunchDarkly refuses a redirect URI on any other host
  callbacks: {
    signIn: ({ profile }) => profile?.id !== undefined,
    jwt({ token, account }) {
      if (account) return { ...token, sub: account.providerAccountId, until: Date.now() + 3_600_000 };
      return Date.now() < token.until ? token : null;
    },
    session: ({ session, token }) => ({ ...session, user: { ...session.user, id: token.sub } }),
  },
};

const app = express();
app.set('trust proxy', 1); // one TLS terminator in front
app.use('/auth', ExpressAuth(config)); // the redirect URI is https://app.example.com/auth/callback/launchdarkly
app.get('/private', async (req, res) => {
  const session = await getSession(req, config);
  if (session) res.json(session.user);
  else res.redirect('/auth/signin?callbackUrl=/private');
});

app.listen(Number(env.PORT ?? 3000), '127.0.0.1');
