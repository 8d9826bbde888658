import { appendFile, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Setup } from '../../src/doctor/check.ts';
import type { Line } from '../../src/doctor/examine.ts';
import { checks, examine, openSetup } from '../../src/doctor/examine.ts';
import { localCertificate } from '../../src/local-https/certificate.ts';
import { makeCertificate } from '../../src/local-https/make-certificate.ts';
import { registerClient } from '../../src/registration/index.ts';
import { listen, stopListening } from '../../src/web/listen.ts';
import { expiredCertificate, selfSigned } from '../support/certificates.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { closedPort, startHttpServer, startSocketServer } from '../support/http-server.ts';
import type { RegistrationWorld } from '../support/registration.ts';
import { registrationWorld } from '../support/registration.ts';

const closeAfter = closeAfterEach();
let world: RegistrationWorld;
let port: number;
beforeEach(async () => {
  port = await closedPort();
  world = await registrationWorld({ text: '', redirectUri: `https://localhost:${port}/auth/callback` });
  await registerClient(world.options());
  await appendFile(world.envFile, `SESSION_STORE=file:${join(world.folder, 'sessions.db')}\n`);
});
afterEach(() => world.close());

describe('all is well', () => {
  test('with an access token: nothing complains, nearly everything was looked at', async () => {
    const lines = await examined();
    expect(complaints(lines)).toEqual([]);
    expect(lines.filter(({ status }) => status === 'skipped').map(({ name }) => name)).toEqual([
      'certificate-trust',
    ]);
    expect(lines).toHaveLength(checks.length);
  });

  test('without one: nothing complains, and what takes a token is passed over', async () => {
    const lines = await examined({ token: undefined });
    expect(complaints(lines)).toEqual([]);
    const skipped = lines.filter(({ status }) => status === 'skipped').map(({ name }) => name);
    expect(skipped).toEqual(['certificate-trust', 'access-token', 'client', 'client-redirect-uri']);
  });

  test('while the app is running on its port', async () => {
    const { key, cert } = await localCertificate({ directory: certificates(), hostnames: ['localhost'] });
    const app = createServer({ key, cert }, (_, response) =>
      response.end('{"status":"ok","sessionStore":"ok"}'),
    );
    await listen(app, { port, hosts: ['127.0.0.1'] });
    const line = (await examined()).find(({ name }) => name === 'port');
    await stopListening(app);
    expect(line).toMatchObject({ status: 'ok', detail: expect.stringContaining('this app is running') });
  });

  test('with every setting in the environment and no file', async () => {
    const env = world.env();
    await rm(world.envFile);
    expect(complaints(await examined({ env }))).toEqual([]);
  });

  test('with basic client authentication', async () => {
    await appendFile(world.envFile, 'LD_OAUTH_CLIENT_AUTH=basic\n');
    expect(complaints(await examined())).toEqual([]);
  });
});

describe('exactly the line that is concerned complains, and says how to mend it:', () => {
  test('Node.js is too old', async () => {
    await expectComplaint('node-version', /nodejs\.org/, { setup: { nodeVersion: '20.18.3' } });
  });

  test('the env file is missing', async () => {
    await rm(world.envFile);
    await expectComplaint('env-file', /npm run bootstrap/, {
      env: { LD_BASE_URI: world.proxy.url, SESSION_STORE: `file:${join(world.folder, 'sessions.db')}` },
    });
  });

  test('a name is set twice', async () => {
    await appendFile(world.envFile, 'LD_OAUTH_SCOPE=reader\nLD_OAUTH_SCOPE=reader\n');
    await expectComplaint('env-file', /one of them/);
  });

  test('others can read the env file', async () => {
    await chmod(world.envFile, 0o644);
    await expectComplaint('env-file-private', /chmod 600/);
  });

  test('a setting is missing', async () => {
    await set('SESSION_SECRET', undefined);
    await expectComplaint('settings-complete', /SESSION_SECRET=/);
  });

  test('a setting holds a placeholder', async () => {
    await set('SESSION_SECRET', 'change-me');
    await expectComplaint('settings-filled-in', /SESSION_SECRET=/);
  });

  test('a setting makes no sense', async () => {
    await set('SESSION_IDLE', 'soon');
    await expectComplaint('settings-valid', /SESSION_IDLE=8h/);
  });

  test('the redirect URI is illegal', async () => {
    await set('LD_OAUTH_REDIRECT_URI', `https://localhost:${port}/auth/callback?a=b`);
    await expectComplaint('redirect-uri', /LD_OAUTH_REDIRECT_URI=/);
  });

  test('the redirect URI leads nowhere', async () => {
    await moveTo(`https://nowhere.test:${port}/cb`);
    await expectComplaint('redirect-host', /127\.0\.0\.1 nowhere\.test/);
  });

  test('the certificate of this machine is damaged', async () => {
    await mkdir(certificates(), { recursive: true });
    await writeFile(join(certificates(), 'certificate-1.pem'), 'no PEM');
    await expectComplaint('certificate', /npm start/);
  });

  test.each([
    [
      'belongs to another key',
      async () => ({
        ...(await makeCertificate(['localhost'])),
        key: (await makeCertificate(['localhost'])).key,
      }),
    ],
    ['covers another name', () => makeCertificate(['elsewhere.test'])],
    ['has ended', () => expiredCertificate('localhost')],
    ['is no certificate', async () => ({ cert: 'nonsense', key: 'nonsense' })],
  ])('the given certificate %s', async (_, make) => {
    const { cert, key } = await make();
    await writeFile(join(world.folder, 'cert.pem'), cert);
    await writeFile(join(world.folder, 'key.pem'), key, { mode: 0o600 });
    await set('TLS', 'files');
    await set('TLS_CERT_FILE', join(world.folder, 'cert.pem'));
    await set('TLS_KEY_FILE', join(world.folder, 'key.pem'));
    await expectComplaint('certificate', /TLS_CERT_FILE/);
  });

  test('no browser trusts the certificate', async () => {
    await localCertificate({ directory: certificates(), hostnames: ['localhost'] });
    await expectComplaint('certificate-trust', /npm run trust/);
  });

  test('the port is somebody else’s', async () => {
    const other = closeAfter(await startSocketServer((socket) => socket.end('hello\n')));
    await moveTo(`https://localhost:${other.port}/auth/callback`);
    await expectComplaint('port', /PORT=/);
  });

  test.each<[string, RegExp, () => Promise<Record<string, string>>]>([
    ['its name does not resolve', /^DNS: /, async () => ({ LD_BASE_URI: 'https://launchdarkly.invalid' })],
    [
      'nothing listens there',
      /^Connection: /,
      async () => ({ LD_BASE_URI: `http://127.0.0.1:${await closedPort()}` }),
    ],
    [
      'the proxy is away',
      /^Proxy: /,
      async () => ({
        LD_BASE_URI: 'https://app.launchdarkly.com',
        HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}`,
      }),
    ],
  ])('LaunchDarkly cannot be reached: %s', async (_, detail, settings) => {
    for (const [name, value] of Object.entries(await settings())) await set(name, value);
    const line = await expectComplaint('launchdarkly', /LD_BASE_URI|HTTPS_PROXY/);
    expect(line.detail).toMatch(detail);
  });

  test('LaunchDarkly cannot be reached: its certificate is signed by nobody known', async () => {
    const { key, cert } = await selfSigned('localhost');
    const server = closeAfter(await startHttpServer((_, response) => response.end(), { key, cert }));
    await set('LD_BASE_URI', server.url);
    const line = await expectComplaint('launchdarkly', /NODE_EXTRA_CA_CERTS/);
    expect(line.detail).toMatch(/^TLS: /);
  });

  test.each([
    [-60, 'warn'],
    [3_600, 'broken'],
  ])('the clock is %d s off', async (seconds, status) => {
    const date = new Date(Date.now() - seconds * 1_000).toUTCString();
    world.proxy.fail(
      /well-known/,
      { acts: true, answer: (own) => ({ ...own, headers: { ...own.headers, date } }) },
      9,
    );
    expect(await expectComplaint('clock', /Set the clock/)).toMatchObject({ status });
  });

  test.each([
    [
      'names another token endpoint',
      (text: string) => text.replace('/trust/oauth/token', '/oauth/token'),
      /LD_BASE_URI/,
    ],
    ['does not know PKCE', (text: string) => text.replace('"S256"', '"plain"'), /LD_OAUTH_PKCE=off/],
    ['is no JSON', () => '<h1>Hotel</h1>', /LD_BASE_URI/],
  ])('the server metadata %s', async (_, change, mend) => {
    const answer = (own: { status: number; body?: string }) => ({
      status: own.status,
      body: change(own.body ?? ''),
    });
    world.proxy.fail(/well-known/, { acts: true, answer }, 9);
    await expectComplaint('server-metadata', mend);
  });

  test.each([
    ['is a Reader’s', () => world.readerToken],
    ['is expired or revoked', () => 'api-00000000-0000-4000-8000-000000000000'],
    ['is an SDK key', () => 'sdk-00000000-0000-4000-8000-000000000000'],
  ])('the access token %s', async (_, token) => {
    await expectComplaint('access-token', /Admin/, { token: token() });
  });

  test('the client does not exist', async () => {
    await world.options().launchDarkly.deleteOAuth2Client({ apiToken: world.adminToken }, clientId());
    await expectComplaint('client', /npm run bootstrap/);
  });

  test('the client belongs to an account that may not enter', async () => {
    await set('LD_ALLOWED_ACCOUNTS', 'somebody-else');
    await expectComplaint('client', /LD_ALLOWED_ACCOUNTS=/);
  });

  test('the client has another redirect URI', async () => {
    const redirectUri = 'https://other.example.test/cb';
    await world
      .options()
      .launchDarkly.patchOAuth2Client({ apiToken: world.adminToken }, clientId(), { redirectUri });
    await expectComplaint('client-redirect-uri', /npm run bootstrap/);
  });

  test.each(['post', 'basic'])('the client secret is wrong (%s)', async (method) => {
    await set('LD_OAUTH_CLIENT_AUTH', method);
    await set('LD_OAUTH_CLIENT_SECRET', 'not-the-right-one-at-all');
    await expectComplaint('client-secret', /--rotate/);
    await expectComplaint('client-secret', /--rotate/, { token: undefined });
  });

  test('a registration is unfinished', async () => {
    world.proxy.fail(/^POST/, { acts: false, answer: 'reset' });
    await registerClient(world.options({ rotate: true })).catch(() => {});
    await expectComplaint('registration', /npm run bootstrap/);
  });

  test('the session store cannot be written', async () => {
    await set('SESSION_STORE', `file:${world.envFile}/sessions.db`);
    await expectComplaint('session-store', /SESSION_STORE/);
  });

  test('the proxy in front would lose Secure cookies', async () => {
    await set('TLS', 'proxy');
    await set('TRUST_PROXY', 'off');
    await expectComplaint('proxy', /TRUST_PROXY=1/);
  });
});

interface Circumstances {
  readonly env?: Record<string, string>;
  readonly token?: string | undefined;
  readonly setup?: Partial<Setup>;
}

async function examined(circumstances: Circumstances = {}): Promise<Line[]> {
  const token = 'token' in circumstances ? circumstances.token : world.adminToken;
  const setup = openSetup({
    env: { LD_BASE_URI: undefined, ...circumstances.env, LD_ACCESS_TOKEN: token },
    envFile: world.envFile,
    certificateDirectory: certificates(),
  });
  const lines: Line[] = [];
  for await (const line of examine({ ...setup, ...circumstances.setup })) lines.push(line);
  await setup.http.close();
  for (const secret of [token, setup.config.clientSecret, ...setup.config.sessionSecrets].filter(Boolean)) {
    expect(JSON.stringify(lines)).not.toContain(secret);
  }
  return lines;
}

async function expectComplaint(name: string, mend: RegExp, circumstances?: Circumstances): Promise<Line> {
  const lines = await examined(circumstances);
  expect(complaints(lines)).toEqual([name]);
  const line = lines.find((one) => one.name === name) as Line;
  expect(line.mend).toMatch(mend);
  expect(line.detail.length).toBeGreaterThan(10);
  return line;
}

function complaints(lines: readonly Line[]): string[] {
  return lines.filter(({ status }) => status === 'broken' || status === 'warn').map(({ name }) => name);
}

function clientId(): string {
  return world.env().LD_OAUTH_CLIENT_ID ?? '';
}

function certificates(): string {
  return join(world.folder, 'tls');
}

/** Sets or takes away a setting of the env file. */
async function set(name: string, value: string | undefined): Promise<void> {
  const lines = (await readFile(world.envFile, 'utf8'))
    .split('\n')
    .filter((line) => !line.startsWith(`${name}=`));
  if (value !== undefined) lines.splice(-1, 0, `${name}=${value}`);
  await writeFile(world.envFile, lines.join('\n'));
}

/** Another redirect URI, here and at LaunchDarkly. */
async function moveTo(redirectUri: string): Promise<void> {
  await set('LD_OAUTH_REDIRECT_URI', redirectUri);
  await world
    .options()
    .launchDarkly.patchOAuth2Client({ apiToken: world.adminToken }, clientId(), { redirectUri });
}
