import { appendFile, chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import { localCertificate } from '../../src/local-https/certificate.ts';
import { makeCertificate } from '../../src/local-https/make-certificate.ts';
import { expiredCertificate } from '../support/certificates.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import type { DoctorWorld } from '../support/doctor.ts';
import { doctorWorld } from '../support/doctor.ts';
import { startSocketServer } from '../support/http-server.ts';

const closeAfter = closeAfterEach();
let world: DoctorWorld;
beforeEach(async () => {
  world = await doctorWorld();
});
afterEach(() => world.close());

describe('exactly the line that is concerned complains, and says how to fix it:', () => {
  test('Node.js is too old', async () => {
    await world.expectComplaint('node-version', /nodejs\.org/, { setup: { nodeVersion: '20.18.3' } });
  });

  test('the env file is missing', async () => {
    await rm(world.envFile);
    await world.expectComplaint('env-file', /npm run bootstrap/, {
      env: { LD_BASE_URI: world.proxy.url, SESSION_STORE: `file:${join(world.folder, 'sessions.db')}` },
    });
  });

  test('a name is set twice', async () => {
    await appendFile(world.envFile, 'LD_OAUTH_SCOPE=reader\nLD_OAUTH_SCOPE=reader\n');
    await world.expectComplaint('env-file', /one of them/);
  });

  test('others can read the env file', async () => {
    await chmod(world.envFile, 0o644);
    await world.expectComplaint('env-file-private', /chmod 600/);
  });

  test('a setting is missing', async () => {
    await world.set('SESSION_SECRET', undefined);
    await world.expectComplaint('settings-complete', /SESSION_SECRET=/);
  });

  test('a setting holds a placeholder', async () => {
    await world.set('SESSION_SECRET', 'change-me');
    await world.expectComplaint('settings-filled-in', /SESSION_SECRET=/);
  });

  test('a setting makes no sense', async () => {
    await world.set('SESSION_IDLE', 'soon');
    await world.expectComplaint('settings-valid', /SESSION_IDLE=8h/);
  });

  test('the redirect URI is illegal', async () => {
    await world.set('LD_OAUTH_REDIRECT_URI', `https://localhost:${world.port}/auth/callback?a=b`);
    await world.expectComplaint('redirect-uri', /LD_OAUTH_REDIRECT_URI=/);
  });

  test('the redirect URI leads nowhere', async () => {
    await world.moveTo(`https://nowhere.test:${world.port}/cb`);
    await world.expectComplaint('redirect-host', /127\.0\.0\.1 nowhere\.test/);
  });

  test('the certificate of this machine is damaged', async () => {
    await mkdir(world.certificates, { recursive: true });
    await writeFile(join(world.certificates, 'certificate-1.pem'), 'no PEM');
    await world.expectComplaint('certificate', /npm start/);
  });

  test.each([
    [
      'belongs to another key',
      async () => ({
        ...makeCertificate(['localhost']),
        key: makeCertificate(['localhost']).key,
      }),
    ],
    ['covers another name', async () => makeCertificate(['elsewhere.test'])],
    ['has ended', () => expiredCertificate('localhost')],
    ['is no certificate', async () => ({ cert: 'nonsense', key: 'nonsense' })],
  ])('the given certificate %s', async (_, make) => {
    const { cert, key } = await make();
    await writeFile(join(world.folder, 'cert.pem'), cert);
    await writeFile(join(world.folder, 'key.pem'), key, { mode: 0o600 });
    await world.set('TLS', 'files');
    await world.set('TLS_CERT_FILE', join(world.folder, 'cert.pem'));
    await world.set('TLS_KEY_FILE', join(world.folder, 'key.pem'));
    await world.expectComplaint('certificate', /TLS_CERT_FILE/);
  });

  test('no browser trusts the certificate', async () => {
    await localCertificate({ directory: world.certificates, hostnames: ['localhost'] });
    await world.expectComplaint('certificate-trust', /npm run trust/);
  });

  test('the port is somebody else’s', async () => {
    const other = closeAfter(await startSocketServer((socket) => socket.end('hello\n')));
    await world.moveTo(`https://localhost:${other.port}/auth/callback`);
    await world.expectComplaint('port', /PORT=/);
  });

  test('a registration is unfinished', async () => {
    world.proxy.fail(/^POST/, { acts: false, answer: 'reset' });
    await registerClient(world.options({ rotate: true })).catch(() => {});
    await world.expectComplaint('registration', /npm run bootstrap/);
  });

  test('the session store cannot be written', async () => {
    await world.set('SESSION_STORE', `file:${world.envFile}/sessions.db`);
    await world.expectComplaint('session-store', /SESSION_STORE/);
  });

  test('the proxy in front would lose Secure cookies', async () => {
    await world.set('TLS', 'proxy');
    await world.set('TRUST_PROXY', 'off');
    await world.expectComplaint('proxy', /TRUST_PROXY=1/);
  });
});
