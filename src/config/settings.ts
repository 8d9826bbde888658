/**
 * Every setting's name, a right value, and where one comes from. `.env.example` and docs/settings.md list the same
 * names; a test compares them.
 */
export const settings = {
  LD_BASE_URI: {
    example: 'https://app.launchdarkly.com',
    source:
      'your LaunchDarkly instance: app.launchdarkly.com, app.eu.launchdarkly.com, app.launchdarkly.us, or `npm run sandbox`',
  },
  LD_PLAIN_HTTP_HOSTS: {
    example: 'sandbox',
    source: 'your container network: the host name of a sandbox that LD_BASE_URI reaches over plain http',
  },
  LD_ACCESS_TOKEN: {
    example: 'api-00000000-0000-0000-0000-000000000000',
    source: 'LaunchDarkly, Organization settings, Authorization, Create token, with the Admin role',
  },
  LD_OAUTH_CLIENT_ID: {
    example: '50666563914441258b2233f308227e45',
    source: '`npm run bootstrap` writes it',
  },
  LD_OAUTH_CLIENT_SECRET: {
    example: "'the secret that LaunchDarkly showed once'",
    source: '`npm run bootstrap` writes it',
  },
  LD_OAUTH_REDIRECT_URI: {
    example: 'https://localhost:3000/auth/callback',
    source: 'your decision: where LaunchDarkly sends people back to; `npm run bootstrap` registers it',
  },
  LD_ACCOUNT_ID: {
    example: '569f514183f2164430000002',
    source: '`npm run bootstrap` writes it; `npm run clients -- show` prints it',
  },
  LD_ALLOWED_ACCOUNTS: {
    example: '569f514183f2164430000002',
    source: 'the ids of the accounts whose members may enter (`npm run clients -- show` prints yours), or * for any',
  },
  LD_ALLOWED_ROLES: {
    example: 'writer,admin,owner',
    source: 'your decision: base roles that may enter; unset means any',
  },
  LD_ALLOWED_CUSTOM_ROLES: {
    example: 'flag-maintainer,65f0c0ffee65f0c0ffee0001',
    source: 'LaunchDarkly, Organization settings, Roles: keys or ids of custom roles, of which a member needs one',
  },
  LD_ALLOWED_TEAMS: {
    example: 'platform,growth',
    source: 'LaunchDarkly, Organization settings, Teams: keys of teams, of which a member needs one',
  },
  LD_OAUTH_SCOPE: { example: 'reader', source: 'your decision: reader suffices for logging in' },
  LD_OAUTH_CLIENT_AUTH: { example: 'post', source: 'post or basic: how the client secret travels' },
  LD_OAUTH_PKCE: { example: 'on', source: 'on or off; off only if LaunchDarkly ever objects' },
  SESSION_SECRET: {
    example: "'43 random characters'",
    source: "`npm run bootstrap` writes one; or: node -p \"require('crypto').randomBytes(32).toString('base64url')\"",
  },
  SESSION_STORE: {
    example: 'file:.data/sessions.db',
    source: 'file:PATH, redis://HOST:PORT (also of a cluster), rediss:// for TLS, or memory:',
  },
  SESSION_IDLE: { example: '8h', source: 'your decision: a session ends after this long without a request' },
  SESSION_MAX: { example: '7d', source: 'your decision: a session ends this long after the login' },
  SESSION_REVALIDATE: {
    example: '5m',
    source: "your decision: how old LaunchDarkly's last word about a member may be",
  },
  PORT: { example: '3000', source: 'your decision: where the app listens' },
  HOST: { example: '127.0.0.1', source: 'your decision: the address the app listens on' },
  TLS: { example: 'local', source: 'local, proxy or files: who ends TLS' },
  TLS_CERT_FILE: { example: '/etc/ssl/app/fullchain.pem', source: 'your certificate authority' },
  TLS_KEY_FILE: { example: '/etc/ssl/app/privkey.pem', source: 'your certificate authority' },
  TRUST_PROXY: { example: '1', source: 'how many proxies stand in front, or their addresses' },
  KEEP_ALIVE: {
    example: '75s',
    source: 'your decision: how long an idle connection stays open; longer than the load balancer keeps its own',
  },
  RATE_LIMIT: {
    example: '300',
    source: 'your decision: requests a minute to login, callback and logout from one client address',
  },
  FLOW_INSPECTOR: {
    example: 'on',
    source: 'on or off: the page that shows the messages of your own last login',
  },
  LOG_LEVEL: { example: 'info', source: 'fatal, error, warn, info, debug, trace or silent' },
  LOG_FORMAT: { example: 'json', source: 'pretty or json' },
  HTTPS_PROXY: {
    example: 'http://proxy.example.com:3128',
    source: 'your network: the proxy for calls to LaunchDarkly',
  },
  NO_PROXY: { example: 'localhost,.example.com', source: 'your network: hosts that are reached directly' },
  NODE_EXTRA_CA_CERTS: {
    example: '/etc/ssl/corporate-ca.pem',
    source: 'your network: its own certificate authority',
  },
  SANDBOX_PORT: { example: '4000', source: 'your decision: where the sandbox listens' },
  SANDBOX_ADMIN_TOKEN: {
    example: 'api-sandbox-admin',
    source: "your decision: the sandbox's token of an Admin",
  },
  SANDBOX_READER_TOKEN: {
    example: 'api-sandbox-reader',
    source: "your decision: the sandbox's token of a Reader",
  },
} as const satisfies Record<string, { example: string; source: string }>;

/** The name of a setting, as it stands in `.env`. */
export type SettingName = keyof typeof settings;
