import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { givenCertificate } from '../../src/local-https/certificate-from-files.ts';
import { expiredCertificate, privateCa } from '../support/certificates.ts';
import { posixTest } from '../support/posix.ts';

const run = promisify(execFile);
let folder: string;
const file = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'given-'));
  const { key, cert, ca } = await privateCa('app.example.com', 'www.example.com');
  await writeFile(file('cert.pem'), `${cert}\n${ca}`);
  await writeFile(file('key.pem'), key);
  const other = await privateCa('app.example.com');
  await writeFile(file('other-key.pem'), other.key);
  const ended = await expiredCertificate('app.example.com');
  await writeFile(file('ended.pem'), ended.cert);
  await writeFile(file('ended-key.pem'), ended.key);
  await run('openssl', [
    'pkcs8',
    '-topk8',
    '-in',
    file('key.pem'),
    '-out',
    file('locked.pem'),
    '-passout',
    'pass:hidden',
  ]);
  await writeFile(file('text'), 'hello\n');
});

afterAll(() => rm(folder, { recursive: true }));

test('a certificate with its key is taken as it is, with the day it ends', async () => {
  const given = await load({});
  expect(given.cert).toBe(await readFile(file('cert.pem'), 'utf8'));
  expect(given.key).toBe(await readFile(file('key.pem'), 'utf8'));
  expect(given.expiresAt.getTime()).toBeGreaterThan(Date.now());
  await expect(load({ hostname: 'www.example.com' })).resolves.toBeDefined();
});

describe('refused with one clear message:', () => {
  test.each([
    [
      'a file that is not there',
      { certFile: 'none.pem' },
      'FILE_UNREADABLE',
      /^TLS_CERT_FILE \(.*none\.pem\) cannot be read\. There is no such file/,
    ],
    ['a directory', { keyFile: '' }, 'FILE_UNREADABLE', /^TLS_KEY_FILE .* It is a directory/],
    [
      'a certificate that is none',
      { certFile: 'text' },
      'NOT_A_CERTIFICATE',
      /TLS_CERT_FILE .* is not a PEM certificate/,
    ],
    ['a key that is none', { keyFile: 'cert.pem' }, 'NOT_A_KEY', /TLS_KEY_FILE .* is not a PEM private key/],
    [
      'a key behind a passphrase',
      { keyFile: 'locked.pem' },
      'NOT_A_KEY',
      /is protected by a passphrase\. Store it without one/,
    ],
    [
      'the key of another certificate',
      { keyFile: 'other-key.pem' },
      'KEY_OF_ANOTHER_CERTIFICATE',
      /does not belong to the first certificate/,
    ],
    [
      'a certificate that has ended',
      { certFile: 'ended.pem', keyFile: 'ended-key.pem' },
      'CERTIFICATE_EXPIRED',
      /expired on 20\d\d-\d\d-\d\d\. Renew it/,
    ],
    [
      'a certificate for another name',
      { hostname: 'shop.example.com' },
      'CERTIFICATE_FOR_ANOTHER_NAME',
      /is for DNS:app\.example\.com, DNS:www\.example\.com, but the host of LD_OAUTH_REDIRECT_URI is shop\.example\.com/,
    ],
    ['a certificate without the address', { hostname: '192.0.2.7' }, 'CERTIFICATE_FOR_ANOTHER_NAME', /192\.0\.2\.7/],
  ])('%s', async (_what, change, code, message) => {
    await expect(load(change)).rejects.toMatchObject({
      name: 'CertificateFileError',
      code,
      message: expect.stringMatching(message),
    });
  });

  posixTest('a key that this user may not read', async () => {
    await writeFile(file('closed.pem'), 'x');
    await chmod(file('closed.pem'), 0o000);
    const asRoot = process.getuid?.() === 0;
    const reading = load({ keyFile: 'closed.pem' });
    // The superuser can read it, and finds that it is no key.
    await expect(reading).rejects.toMatchObject({ code: asRoot ? 'NOT_A_KEY' : 'FILE_UNREADABLE' });
  });
});

function load({ certFile = 'cert.pem', keyFile = 'key.pem', hostname = 'app.example.com' }) {
  return givenCertificate({ certFile: file(certFile), keyFile: file(keyFile), hostname });
}
