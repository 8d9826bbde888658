import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { plainHttpWarning } from '../../src/auth/plain-http.ts';
import { ConfigError, loadAppConfig, loadScriptConfig } from '../../src/config/config.ts';
import { settings } from '../../src/config/settings.ts';
import { privateCa } from '../support/certificates.ts';

const complete = {
  LD_OAUTH_CLIENT_ID: '50666563914441258b2233f308227e45',
  LD_OAUTH_CLIENT_SECRET: 'a+secret/with=signs#$',
  LD_ACCOUNT_ID: '569f514183f2164430000002',
  SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
};

function load(env: Record<string, string>) {
  return loadAppConfig({ env: { ...complete, ...env }, envFile: null });
}

/** The settings that a set-up is refused for. */
function refused(env: Record<string, string | undefined>): string[] {
  try {
    loadAppConfig({ env: { ...complete, ...env }, envFile: null });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ name }) => name);
  }
}

describe('settings that are left out', () => {
  test('have the documented defaults', () => {
    expect(load({})).toMatchObject({
      baseUri: 'https://app.launchdarkly.com',
      redirectUri: { href: 'https://localhost:3000/auth/callback', callbackPath: '/auth/callback' },
      clientAuth: 'post',
      pkce: true,
      scope: 'reader',
      allowedAccounts: ['569f514183f2164430000002'],
      allowedRoles: undefined,
      allowedCustomRoles: undefined,
      allowedTeams: undefined,
      sessionStore: 'file:.data/sessions.db',
      sessionIdle: 8 * 3_600_000,
      sessionMax: 7 * 86_400_000,
      sessionRevalidate: 5 * 60_000,
      port: 3000,
      hosts: ['127.0.0.1', '::1'],
      tls: { mode: 'local' },
      trustProxy: false,
      flowInspector: true,
    });
  });

  test('follow from the redirect URI when that is a public address', () => {
    expect(load({ LD_OAUTH_REDIRECT_URI: 'https://app.example.com/auth/callback' })).toMatchObject({
      port: 3000,
      hosts: undefined,
      tls: { mode: 'proxy' },
      trustProxy: 1,
      flowInspector: false,
    });
  });

  test('count as left out when they are empty', () => {
    expect(load({ LD_OAUTH_SCOPE: ' ', PORT: '' })).toMatchObject({ scope: 'reader', port: 3000 });
  });
});

test('everything that is wrong is reported at once, each with its name, an example and a source', () => {
  const wrong: Record<string, string> = Object.fromEntries(Object.keys(settings).map((name) => [name, '§']));
  const { LD_ACCESS_TOKEN, SANDBOX_PORT, SANDBOX_ADMIN_TOKEN, SANDBOX_READER_TOKEN, ...app } = wrong;
  // Any text can be the name of a host, a file, a team or a role; a certificate is only wanted with TLS=files.
  const { HOST, NO_PROXY, TLS_CERT_FILE, TLS_KEY_FILE, LD_ALLOWED_ACCOUNTS, ...rest } = app;
  const { LD_ALLOWED_CUSTOM_ROLES, LD_ALLOWED_TEAMS, ...checked } = rest;
  expect(refused(app).sort()).toEqual(Object.keys(checked).sort());
  try {
    loadAppConfig({ env: app, envFile: null });
  } catch (error) {
    for (const { name, example, source } of (error as ConfigError).problems) {
      expect((error as Error).message).toContain(`  ${name} `);
      expect((error as Error).message).toContain(`${name}=${example}`);
      expect((error as Error).message).toContain(source);
    }
  }
});

test('nothing set at all names the settings that have no default', () => {
  const none = Object.fromEntries(Object.keys(complete).map((name) => [name, undefined]));
  expect(refused(none).sort()).toEqual([
    'LD_ALLOWED_ACCOUNTS',
    'LD_OAUTH_CLIENT_ID',
    'LD_OAUTH_CLIENT_SECRET',
    'SESSION_SECRET',
  ]);
});

test('secrets are not quoted in the report', () => {
  const secret = 'hunter2 with an é';
  try {
    load({ LD_OAUTH_CLIENT_SECRET: secret, SESSION_SECRET: secret });
    throw new Error('not refused');
  } catch (error) {
    expect((error as Error).message).not.toContain('hunter2');
    expect((error as Error).message).toContain('LD_OAUTH_CLIENT_SECRET');
  }
});

describe('LD_OAUTH_REDIRECT_URI', () => {
  test.each([
    'https://localhost:3000/auth/callback',
    'https://app.example.com/',
    'https://app.example.com:8443/a/b/c',
    'https://[::1]:3000/cb',
    'http://127.0.0.1:3000/auth/callback',
    'http://app.localhost:3000/auth/callback',
    'https://app.example.com/relay/https%3A%2F%2Felsewhere.example',
  ])('may be %s', (uri) => {
    expect(load({ LD_OAUTH_REDIRECT_URI: uri }).redirectUri.href).toBe(uri);
  });

  test.each([
    ['relative', '/auth/callback'],
    ['with a query', 'https://app.example.com/cb?x=1'],
    ['with a fragment', 'https://app.example.com/cb#x'],
    ['with credentials', 'https://user:pass@app.example.com/cb'],
    ['with a wildcard', 'https://*.example.com/cb'],
    ['plain http for a public host', 'http://app.example.com/cb'],
    ['written unusually', 'https://APP.example.com/cb'],
    ['without a path', 'https://app.example.com'],
    ['of another scheme', 'myapp://callback'],
  ])('may not be %s', (_, uri) => {
    expect(refused({ LD_OAUTH_REDIRECT_URI: uri })).toEqual(['LD_OAUTH_REDIRECT_URI']);
  });
});

describe('LD_OAUTH_REDIRECT_URI on a path of the app itself', () => {
  test.each([
    '/account',
    '/api/auth/callback',
    '/api/me',
    '/assets/app.css',
    '/auth/login',
    '/auth/logout',
    '/auth/verify',
    '/button',
    '/flow',
    '/healthz',
    '/logged-out',
    '/projects',
    '/readyz',
    '/troubleshooting',
    '/tutorial',
    '/Auth/LOGIN',
    '/healthz/',
    '/API/',
    '/%61ccount',
  ])('is refused with what would be right: %s', (path) => {
    expect(() => load({ LD_OAUTH_REDIRECT_URI: `https://app.example.com${path}` })).toThrow(
      /must not lead to .*, which this app uses itself.* https:\/\/app\.example\.com\/auth\/callback; https:\/\/app\.example\.com\/ is possible too/,
    );
  });

  test.each(['/', '/callback', '/auth/callback', '/accounts', '/auth/login/callback', '/oauth', '/apis/cb', '/%ff'])(
    'is not mistaken for one: %s',
    (path) => {
      const uri = `https://app.example.com${path}`;
      expect(load({ LD_OAUTH_REDIRECT_URI: uri }).redirectUri.href).toBe(uri);
    },
  );
});

describe('the path that the app is below', () => {
  test.each([
    ['/auth/callback', '', '/auth/callback'],
    ['/tools/auth/callback', '/tools', '/auth/callback'],
    ['/tools/ld/auth/callback', '/tools/ld', '/auth/callback'],
    ['/tools/ld/callback', '', '/tools/ld/callback'],
    ['/', '', '/'],
  ])('of %s is %j, and the callback there is %s', (path, basePath, callbackRoute) => {
    const { redirectUri } = load({ LD_OAUTH_REDIRECT_URI: `https://app.example.com${path}` });
    expect(redirectUri).toMatchObject({ basePath, callbackRoute, callbackPath: path });
    expect(redirectUri.site).toBe(`https://app.example.com${basePath}`);
  });

  test.each(['/account', '/auth', '/assets/x', '/Button', '/%61pi'])(
    'may not begin as an own page does: %s',
    (path) => {
      expect(() => load({ LD_OAUTH_REDIRECT_URI: `https://app.example.com${path}/auth/callback` })).toThrow(
        /which this app uses itself|because this app uses that path itself/,
      );
    },
  );
});

describe('client id and secret', () => {
  test('may be any printable ASCII with blanks anywhere (RFC 6749, appendix A)', () => {
    const everything = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    for (const text of [everything, ' a b ', `a${everything}`]) {
      const config = load({ LD_OAUTH_CLIENT_ID: text, LD_OAUTH_CLIENT_SECRET: text });
      expect([config.clientId, config.clientSecret]).toEqual([text, text]);
    }
  });

  test('end before the line break that a file brought along', () => {
    expect(load({ LD_OAUTH_CLIENT_SECRET: 'from a file\r\n' }).clientSecret).toBe('from a file');
  });

  test.each(['tab\there', 'two\nlines', 'é', '\u007f'])('may not hold %j', (text) => {
    expect(refused({ LD_OAUTH_CLIENT_ID: text, LD_OAUTH_CLIENT_SECRET: text })).toEqual([
      'LD_OAUTH_CLIENT_ID',
      'LD_OAUTH_CLIENT_SECRET',
    ]);
  });

  test('are no placeholders just because they have angle brackets', () => {
    expect(load({ LD_OAUTH_CLIENT_SECRET: '<k3#9=z/+$Q>' }).clientSecret).toBe('<k3#9=z/+$Q>');
    expect(refused({ LD_OAUTH_CLIENT_SECRET: '<the secret>' })).toEqual(['LD_OAUTH_CLIENT_SECRET']);
  });
});

describe('SESSION_SECRET', () => {
  test('may be several, newest first', () => {
    const other = 'Zp1NfGh5JbVx3Ea6UoWiRtYsqT7vXw0c4mS9yLr2Kd8';
    expect(load({ SESSION_SECRET: `${other}, ${complete.SESSION_SECRET}` }).sessionSecrets).toEqual([
      other,
      complete.SESSION_SECRET,
    ]);
  });

  test.each([
    'changeme',
    'short',
    'a'.repeat(100),
    'your-secret-here-your-secret-here-your-secret-here',
    'abababababababababababababababababababababababab',
  ])('may not be %s', (secret) => {
    expect(refused({ SESSION_SECRET: secret })).toEqual(['SESSION_SECRET']);
  });
});

describe('who may enter', () => {
  test('is nobody by omission: without any account the app does not start', () => {
    expect(refused({ LD_ACCOUNT_ID: undefined })).toEqual(['LD_ALLOWED_ACCOUNTS']);
  });

  test('is anybody only when the settings say *', () => {
    expect(load({ LD_ALLOWED_ACCOUNTS: '*' }).allowedAccounts).toBe('*');
    expect(refused({ LD_ALLOWED_ACCOUNTS: '*,569f' })).toEqual(['LD_ALLOWED_ACCOUNTS']);
  });

  test('is not a misspelt role, which would shut everybody out', () => {
    expect(refused({ LD_ALLOWED_ROLES: 'admin,onwer' })).toEqual(['LD_ALLOWED_ROLES']);
  });

  test('is not both a base role and a custom role, which replaces it', () => {
    const both = { LD_ALLOWED_ROLES: 'admin', LD_ALLOWED_CUSTOM_ROLES: 'deployer' };
    expect(refused(both)).toEqual(['LD_ALLOWED_CUSTOM_ROLES']);
    expect(load({ LD_ALLOWED_CUSTOM_ROLES: 'deployer, 65f0' }).allowedCustomRoles).toEqual(['deployer', '65f0']);
  });
});

test('TRUST_PROXY never is true', () => {
  expect(refused({ TRUST_PROXY: 'true' })).toEqual(['TRUST_PROXY']);
  expect(load({ TRUST_PROXY: '10.0.0.0/8, loopback' }).trustProxy).toEqual(['10.0.0.0/8', 'loopback']);
});

describe('plain http to LaunchDarkly', () => {
  test.each(['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000'])('is fine for %s', (uri) => {
    expect(load({ LD_BASE_URI: uri })).toMatchObject({ baseUri: uri });
    expect(plainHttpWarning(uri)).toBeUndefined();
  });

  test.each([
    ['http://launchdarkly.localhost:4000', ''],
    ['http://sandbox:4000', 'sandbox'],
    ['http://10.0.0.7:4000', 'sandbox,10.0.0.7'],
  ])('is allowed, with a warning, for %s with LD_PLAIN_HTTP_HOSTS=%s', (uri, hosts) => {
    const config = load({ LD_BASE_URI: uri, LD_PLAIN_HTTP_HOSTS: hosts });
    expect(config.baseUri).toBe(uri);
    expect(plainHttpWarning(uri)).toContain(uri);
  });

  test.each([
    ['http://app.launchdarkly.com', ''],
    ['http://sandbox:4000', 'sandbox2'],
    ['http://sandbox.example:4000', 'sandbox'],
    ['http://localhost.example', ''],
    ['http://notlocalhost', ''],
    ['http://127.0.0.1.example', ''],
  ])('is refused for %s with LD_PLAIN_HTTP_HOSTS=%s', (uri, hosts) => {
    expect(refused({ LD_BASE_URI: uri, LD_PLAIN_HTTP_HOSTS: hosts })).toEqual(['LD_BASE_URI']);
  });

  test.each(['http://sandbox', 'sandbox:4000', '*', '*.example', '.', 'a b'])('%s is no host name to list', (hosts) => {
    expect(refused({ LD_PLAIN_HTTP_HOSTS: hosts })).toEqual(['LD_PLAIN_HTTP_HOSTS']);
  });
});

test('https settings contradict a redirect URI that is plain http', () => {
  expect(refused({ LD_OAUTH_REDIRECT_URI: 'http://localhost:3000/cb', TLS: 'local' })).toEqual(['TLS']);
  expect(load({ LD_OAUTH_REDIRECT_URI: 'http://localhost:3000/cb' }).tls).toEqual({ mode: 'off' });
});

test('scripts do not ask for what they write themselves', () => {
  expect(loadScriptConfig({ env: {}, envFile: null })).toMatchObject({
    clientId: undefined,
    accessToken: undefined,
  });
});

describe('values as other programs write them', () => {
  test('words count in any case', () => {
    expect(
      load({
        LOG_LEVEL: 'INFO',
        LOG_FORMAT: 'Json',
        LD_OAUTH_PKCE: 'OFF',
        LD_ALLOWED_ROLES: 'Writer,ADMIN',
        LD_OAUTH_CLIENT_AUTH: 'Basic',
        SESSION_IDLE: '2H',
        SESSION_STORE: 'Memory:',
        TLS: 'Proxy',
        TRUST_PROXY: 'Loopback',
      }),
    ).toMatchObject({
      logLevel: 'info',
      logFormat: 'json',
      pkce: false,
      allowedRoles: ['writer', 'admin'],
      clientAuth: 'basic',
      sessionIdle: 2 * 3_600_000,
      sessionStore: 'memory:',
      tls: { mode: 'proxy' },
      trustProxy: ['loopback'],
    });
  });

  test.each([
    ['https_proxy', 'http://127.0.0.1:3128', 'http://127.0.0.1:3128/'],
    ['HTTPS_PROXY', '127.0.0.1:3128', 'http://127.0.0.1:3128/'],
    ['HTTPS_PROXY', 'localhost:3128', 'http://localhost:3128/'],
    ['HTTPS_PROXY', 'me:p%40ss@proxy.example:3128', 'http://me:p%40ss@proxy.example:3128/'],
    ['HTTPS_PROXY', 'HTTP://proxy.example', 'http://proxy.example/'],
    ['ALL_PROXY', 'proxy.example:8080', 'http://proxy.example:8080/'],
    ['all_proxy', 'http://proxy.example:8080', 'http://proxy.example:8080/'],
  ])('%s=%s is a proxy', (name, text, url) => {
    expect(load({ [name]: text }).outgoing.httpsProxy).toBe(url);
  });

  test('the own name of a setting wins over its other names, and no_proxy counts', () => {
    const env = { HTTPS_PROXY: 'http://a', https_proxy: 'http://b', ALL_PROXY: 'http://c', no_proxy: '.example.com' };
    expect(load(env).outgoing).toEqual({ httpsProxy: 'http://a/', noProxy: '.example.com' });
    expect(load({ ...env, HTTPS_PROXY: '' }).outgoing.httpsProxy).toBe('http://b/');
  });

  test('a SOCKS proxy gets a sentence of its own, and says where it was read', () => {
    expect(() => load({ https_proxy: 'socks5://me:secret@127.0.0.1:1080' })).toThrow(
      /HTTPS_PROXY names a SOCKS proxy, which is not supported\..*was read in: the environment, as https_proxy/s,
    );
    expect(() => load({ HTTPS_PROXY: 'socks5://me:geheim@127.0.0.1:1080' })).not.toThrow(/geheim/);
    expect(load({ ALL_PROXY: 'socks5h://127.0.0.1:1080' }).outgoing).toEqual({});
  });

  test.each(['ftp://proxy', 'http://', 'pro xy', ':3128'])('HTTPS_PROXY may not be %s', (text) => {
    expect(() => load({ HTTPS_PROXY: text })).toThrow(/must be the address of an HTTP proxy/);
  });

  test.each(['“a-secret”', '‘a-secret’', '„a-secret“', '«a-secret»', 'a-secret”'])('%s is refused', (text) => {
    for (const name of ['LD_OAUTH_CLIENT_SECRET', 'HOST', 'NO_PROXY', 'TLS_CERT_FILE'] as const) {
      expect(() => load({ [name]: text, TLS: 'files', TLS_KEY_FILE: 'key.pem' })).toThrow(/typographic quotes/);
      expect(() => load({ [name]: text, TLS: 'files', TLS_KEY_FILE: 'key.pem' })).not.toThrow(/a-secret/);
    }
  });

  test('a byte order mark before a value is no part of it', () => {
    expect(load({ LD_OAUTH_SCOPE: '\uFEFFreader' }).scope).toBe('reader');
  });
});

describe('NODE_EXTRA_CA_CERTS', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'extra-ca-'));
  const file = path.join(folder, 'ca');
  afterAll(() => rmSync(folder, { recursive: true }));

  test('takes PEM with text around it, and DER', async () => {
    const { ca } = await privateCa('localhost');
    const wanted = new X509Certificate(ca).toString();
    writeFileSync(file, `# Corporate root\r\n${ca.replaceAll('\n', '\r\n')}`);
    expect(load({ NODE_EXTRA_CA_CERTS: file }).outgoing.ca).toBe(wanted);
    writeFileSync(file, new X509Certificate(ca).raw);
    expect(load({ NODE_EXTRA_CA_CERTS: file }).outgoing.ca).toBe(wanted);
  });

  test.each([
    ['is empty', '', /names a file that is empty/],
    ['holds no certificate', 'hello', /does not hold certificates/],
    ['holds half a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', /does not hold/],
  ])('%s: refused in one sentence', (_, text, says) => {
    writeFileSync(file, text);
    expect(() => load({ NODE_EXTRA_CA_CERTS: file })).toThrow(says);
  });

  test('is missing: the absolute path is named', () => {
    expect(() => load({ NODE_EXTRA_CA_CERTS: 'no/such.pem' })).toThrow(path.resolve('no/such.pem'));
  });
});

describe('without an env file', () => {
  const envFile = path.join(tmpdir(), 'no', 'such', 'folder', '.env');

  test('and with nothing set: one sentence says where it was looked for and what to run', () => {
    expect(() => loadAppConfig({ env: {}, envFile })).toThrow(
      new RegExp(
        `^There is no \\.env at ${envFile} yet\\. Run \`npm run bootstrap\`, or \`npm run demo\` to try it.*$`,
      ),
    );
  });

  test('and with something wrong: the path, and what is wrong', () => {
    expect(() => loadAppConfig({ env: { ...complete, LD_OAUTH_PKCE: 'maybe' }, envFile })).toThrow(
      new RegExp(`^There is no \\.env at ${envFile} yet\\. One setting needs attention:\n\n  LD_OAUTH_PKCE must be`),
    );
  });
});
