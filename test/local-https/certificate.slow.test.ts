import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { localAuthority, localCertificate } from '../../src/local-https/certificate.ts';
import { keepCertificateFile, latestCertificateFile } from '../../src/local-https/certificate-files.ts';

const run = promisify(execFile);
let directory: string;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'tls-')), 'tls');
});

afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

describe('a new certificate', () => {
  test('serves https for every name asked for, to a client that trusts the CA alone', async () => {
    const { key, cert, ca } = await localCertificate({
      directory,
      hostnames: ['app.localhost', 'shop.test', '[::1]'],
    });
    const server = createServer({ key, cert }, (_req, res) => void res.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      for (const servername of ['localhost', 'app.localhost', 'shop.test']) {
        expect(await fetchBody(`https://127.0.0.1:${port}/`, { ca, servername })).toBe('hello');
      }
      expect(await fetchBody(`https://127.0.0.1:${port}/`, { ca })).toBe('hello');
      await expect(fetchBody(`https://127.0.0.1:${port}/`, { ca, servername: 'other.test' })).rejects.toThrow(
        /altnames/,
      );
    } finally {
      server.close();
    }
  });

  test('is EC P-256 with SHA-256, lasts about a year and says when it ends', async () => {
    const { key, cert, expiresAt } = await localCertificate({ directory, hostnames: ['localhost'] });
    expect(createPrivateKey(key).asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(expiresAt).toEqual(new Date(new X509Certificate(cert).validTo));
    expect(days(expiresAt)).toBe(397);
    const { stdout } = await run('openssl', ['x509', '-noout', '-text', '-in', fileOf(1)]);
    expect(stdout).toMatch(/Signature Algorithm: ecdsa-with-SHA256/);
  });

  test('satisfies the strictest verifiers, whatever and however many names it has', async () => {
    const addresses = ['192.168.7.7', '2001:db8:1:2:3:4:5:6', '2001:db8::', 'fe80::1:2', '::ffff:10.1.2.3'];
    const names = Array.from({ length: 500 }, (_, index) => `a-rather-long-name-for-a-machine-${index}.localhost`);
    for (const hostnames of [[], addresses, names.slice(0, 5), names]) {
      const { caFile, cert } = await localCertificate({ directory, hostnames });
      const file = fileOf(1);
      const verify = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', caFile];
      for (const name of hostnames.slice(0, 10)) {
        const option = addresses.includes(name) ? '-verify_ip' : '-verify_hostname';
        await run('openssl', [...verify, option, name, file]);
      }
      await run('openssl', [...verify, '-verify_hostname', 'localhost', file]);
      await expect(run('openssl', [...verify, '-verify_ip', '192.168.7.8', file])).rejects.toThrow();
      expect(new X509Certificate(cert).serialNumber).toHaveLength(32);
      await rm(directory, { recursive: true });
    }
  });

  test('is kept with private rights, and no key of the CA is anywhere', async () => {
    const { ca, caFile } = await localCertificate({ directory, hostnames: ['localhost'] });
    expect((await readdir(directory)).sort()).toEqual(['ca.pem', 'certificate-1.pem']);
    expect(await readFile(caFile, 'utf8')).toBe(ca);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(fileOf(1))).mode & 0o777).toBe(0o600);
    const keys = (await readFile(fileOf(1), 'utf8')).match(
      /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/g,
    );
    expect(keys).toHaveLength(1);
    expect(new X509Certificate(ca).checkPrivateKey(createPrivateKey(keys![0]!))).toBe(false);
    // basicConstraints (RFC 5280, section 4.2.1.9), critical: cA true, pathLenConstraint 0. It can sign no further CA.
    const constraints = Buffer.from('0603551d130101ff040830060101ff020100', 'hex');
    expect(new X509Certificate(ca).raw.includes(constraints)).toBe(true);
  });

  test('carries a CA of its own name each time, which may sign nothing but servers', async () => {
    const first = new X509Certificate((await localCertificate({ directory, hostnames: [] })).ca);
    const second = new X509Certificate((await localCertificate({ directory: `${directory}2`, hostnames: [] })).ca);
    expect(first.ca).toBe(true);
    expect(first.subject).not.toBe(second.subject);
  });

  test('is refused for what is no host name', async () => {
    for (const hostname of ['*.localhost', 'two words', '', 'a,CN=evil', '-']) {
      await expect(localCertificate({ directory, hostnames: [hostname] })).rejects.toMatchObject({
        code: 'LOCAL_CERTIFICATE_FAILED',
      });
    }
  });
});

describe('a stored certificate', () => {
  test('is used again', async () => {
    const first = await localCertificate({ directory, hostnames: ['app.localhost'] });
    const second = await localCertificate({ directory, hostnames: ['app.localhost'] });
    expect(first.notice).toBe('there was none yet');
    expect(second).toEqual({ ...first, notice: undefined });
  });

  test('is replaced by one that covers new names and all earlier ones', async () => {
    await localCertificate({ directory, hostnames: ['one.localhost'] });
    const second = await localCertificate({ directory, hostnames: ['two.localhost', '192.168.7.7'] });
    expect(second.notice).toMatch(/does not cover two\.localhost, 192\.168\.7\.7/);
    const third = await localCertificate({ directory, hostnames: ['one.localhost', '192.168.7.7'] });
    expect(third.cert).toBe(second.cert);
    expect(await readdir(directory)).not.toContain('certificate-1.pem');
    expect(await readFile(third.caFile, 'utf8')).toBe(third.ca);
  });

  test('is renewed a month before it ends', async () => {
    await store(await fixture(29));
    const renewed = await localCertificate({ directory, hostnames: ['localhost'] });
    expect(renewed.notice).toMatch(/ends on \d{4}-\d\d-\d\d/);
    expect(days(renewed.expiresAt)).toBe(397);
  });

  test('is kept while more than a month remains', async () => {
    await store(await fixture(31));
    expect((await localCertificate({ directory, hostnames: ['localhost'] })).notice).toBeUndefined();
  });

  test.each([
    ['empty', () => ''],
    ['cut off', (text: string) => text.slice(0, -200)],
    [
      'joined from two pairs',
      (text: string, other: string) => text.split('-----BEGIN CERT')[0] + other.slice(other.indexOf('-----BEGIN CERT')),
    ],
    ['not PEM at all', () => 'hello\n'],
  ])('that is %s is replaced, and it says so', async (_how, damage) => {
    await localCertificate({ directory, hostnames: ['localhost'] });
    await localCertificate({ directory: `${directory}2`, hostnames: ['localhost'] });
    const text = await readFile(fileOf(1), 'utf8');
    await writeFile(fileOf(1), damage(text, await readFile(join(`${directory}2`, 'certificate-1.pem'), 'utf8')));
    const next = await localCertificate({ directory, hostnames: ['localhost'] });
    expect(next.notice).toMatch(/damaged/);
    expect(new X509Certificate(next.cert).checkPrivateKey(createPrivateKey(next.key))).toBe(true);
  });

  test('gets its private rights back and its lost ca.pem', async () => {
    const { caFile, ca } = await localCertificate({ directory, hostnames: ['localhost'] });
    await chmod(directory, 0o755);
    await chmod(fileOf(1), 0o644);
    await rm(caFile);
    await localCertificate({ directory, hostnames: ['localhost'] });
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(fileOf(1))).mode & 0o777).toBe(0o600);
    expect(await readFile(caFile, 'utf8')).toBe(ca);
  });

  test('names its CA to every caller', async () => {
    expect(await localAuthority(directory)).toBeUndefined();
    const { ca, caFile } = await localCertificate({ directory, hostnames: ['localhost'] });
    expect(await localAuthority(directory)).toEqual({ ca, caFile });
  });
});

test('many starters at once, in several processes, all end with the same pair', async () => {
  const module = new URL('../../src/local-https/certificate.ts', import.meta.url).href;
  const program = `import(${JSON.stringify(module)}).then(async ({ localCertificate }) => {
    const all = await Promise.all(Array.from({ length: 4 }, () => localCertificate({ directory: ${JSON.stringify(directory)}, hostnames: ['localhost'] })));
    process.stdout.write([...new Set(all.map((one) => one.key + one.cert))].join('and'));
  })`;
  const outputs = await Promise.all(
    [1, 2, 3].map(() => run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program])),
  );
  expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1);
  const stored = await latestCertificateFile(directory);
  expect(outputs[0]!.stdout).toContain(stored!.pair!.key);
});

test('a directory that cannot be used is named, with what to do', async () => {
  const blocked = join(directory, '..', 'file');
  await writeFile(blocked, '');
  await expect(localCertificate({ directory: join(blocked, 'tls'), hostnames: ['localhost'] })).rejects.toMatchObject({
    code: 'LOCAL_CERTIFICATE_FAILED',
    message: expect.stringMatching(/file\/tls, cannot be (read|written) \(ENOTDIR\)\. Make it yours/),
  });
});

/** A pair as the app would have made it, with `daysLeft` to go: openssl signs it with dates of our choice. */
async function fixture(daysLeft: number): Promise<{ key: string; cert: string; ca: string }> {
  const work = await mkdtemp(join(tmpdir(), 'pair-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: work });
  const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await writeFile(join(work, 'san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n');
  await openssl('req', '-x509', ...ecKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '40', '-subj', '/CN=CA');
  await openssl('req', ...ecKey, '-keyout', 'key.pem', '-out', 'csr.pem', '-subj', '/CN=localhost');
  await openssl(
    'x509',
    '-req',
    '-in',
    'csr.pem',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'san',
    '-days',
    `${daysLeft}`,
    '-out',
    'cert.pem',
  );
  const [key = '', cert = '', ca = ''] = await Promise.all(
    ['key.pem', 'cert.pem', 'ca.pem'].map((name) => readFile(join(work, name), 'utf8')),
  );
  await rm(work, { recursive: true });
  return { key, cert, ca };
}

async function store(pair: { key: string; cert: string; ca: string }): Promise<void> {
  await keepCertificateFile(directory, undefined, pair);
}

function fileOf(number: number): string {
  return join(directory, `certificate-${number}.pem`);
}

function days(date: Date): number {
  return Math.round((date.getTime() - Date.now()) / 86_400_000);
}

function fetchBody(url: string, options: { ca: string; servername?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { ...options, agent: false }, (res) => {
      res.setEncoding('utf8').on('data', resolve).on('error', reject);
    }).on('error', reject);
  });
}
