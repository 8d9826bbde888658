import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { expiredCertificate, privateCa } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { listening, startServerProcess } from '../support/server-process.ts';

let folder: string;
let app: ServerProcess | undefined;
const file = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'starting-'));
  const good = await privateCa('login.test');
  const ended = await expiredCertificate('login.test');
  await writeFile(file('cert.pem'), good.cert);
  await writeFile(file('key.pem'), good.key);
  await writeFile(file('ended.pem'), ended.cert);
  await writeFile(file('ended-key.pem'), ended.key);
});

afterEach(() => app?.close());
afterAll(() => rm(folder, { recursive: true }));

describe('what keeps the app from starting is said in one message, without a stack:', () => {
  test('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, said } = await failing({
      LD_OAUTH_REDIRECT_URI: `https://localhost:${port}/auth/callback`,
    });
    expect([code, said]).toEqual([
      2,
      expect.stringMatching(new RegExp(`^Port ${port} on 127.0.0.1 is taken .* set PORT`)),
    ]);
    other.close();
  });

  test.each([
    [
      'a host name that nobody knows',
      { HOST: 'nowhere.invalid' },
      2,
      /^HOST=nowhere\.invalid is a name that cannot be resolved here\. Add it to the hosts file/,
    ],
    [
      'an address of another machine',
      { HOST: '192.0.2.1' },
      2,
      /^HOST=192\.0\.2\.1 is not an address of this machine.* It was read in the environment\./,
    ],
    [
      'a certificate that has ended',
      { cert: 'ended.pem', key: 'ended-key.pem' },
      1,
      /^The certificate in TLS_CERT_FILE \(.*\) expired on .* Renew it/,
    ],
    [
      'a certificate for another name',
      { host: 'shop.test' },
      1,
      /^The certificate in TLS_CERT_FILE .* is for DNS:login\.test, but the host of LD_OAUTH_REDIRECT_URI is shop\.test/,
    ],
    [
      'a key that is not there',
      { key: 'none.pem' },
      1,
      /^TLS_KEY_FILE \(.*none\.pem\) cannot be read\. There is no such file/,
    ],
    ['a key of another certificate', { key: 'ended-key.pem' }, 1, /^The key in TLS_KEY_FILE .* does not belong/],
  ])(
    '%s',
    async (_what, {
      cert = 'cert.pem',
      key = 'key.pem',
      host = 'login.test',
      ...env
    }: Record<string, string>, expected, message) => {
      const files = { TLS: 'files', TLS_CERT_FILE: file(cert), TLS_KEY_FILE: file(key), PORT: '0' };
      const { code, said } = await failing({
        ...files,
        LD_OAUTH_REDIRECT_URI: `https://${host}/auth/callback`,
        ...env,
      });
      expect([code, said]).toEqual([expected, expect.stringMatching(message)]);
    },
  );

  test.each<[string, (path: string) => unknown, RegExp]>([
    [
      'a folder in place of .env',
      (file) => mkdirSync(file),
      /^\.env cannot be read: there is a folder in its place\. Docker/,
    ],
    ['a FIFO in place of .env', (file) => execFileSync('mkfifo', [file]), /^\.env cannot be read: .*FIFO/],
    ['an .env in UTF-16', (file) => writeFileSync(file, '\uFEFFPORT=1\r\n', 'utf16le'), /^\.env .*UTF-16/],
  ])('%s', async (_what, make, message) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'starting-'));
    make(path.join(folder, '.env'));
    app = await startServerProcess(settings, {}, undefined, folder);
    expect([await app.ended, app.stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(app.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('control characters of a setting do not reach the terminal', async () => {
    const { code, said } = await failing({ HOST: 'x\u001b[2Jy.invalid' });
    expect(code).toBe(2);
    expect(said).toContain('HOST=x\\u001b[2Jy.invalid');
  });

  test('a directory for the certificate that cannot be used', async () => {
    app = await startServerProcess(
      {
        ...settings,
        LD_OAUTH_REDIRECT_URI: 'https://localhost:3999/auth/callback',
        SESSION_STORE: 'memory:',
      },
      { '.data': 'a file' },
    );
    expect(await app.ended).toBe(1);
    expect(app.stderr).toMatch(/^The directory of the local certificate, .*\.data\/tls, cannot be (read|written)/);
  });
});

test('nothing is asked of the network to start, and https answers on both addresses of localhost', async () => {
  const port = await freePort();
  app = await startServerProcess({
    ...settings,
    LD_BASE_URI: 'https://launchdarkly.invalid',
    LD_OAUTH_REDIRECT_URI: `https://localhost:${port}/auth/callback`,
  });
  await listening(app);
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    expect((await new Browser().request(`https://${host}:${port}/healthz`)).status).toBe(200);
  }
});

const settings = {
  LD_OAUTH_CLIENT_ID: '50666563914441258b2233f308227e45',
  LD_OAUTH_CLIENT_SECRET: 'wq8Zp3Lr7Vd1Kx5Nc9Bm2Hs6',
  LD_ACCOUNT_ID: '569f514183f2164430000002',
  SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
  SESSION_STORE: 'memory:',
  LOG_FORMAT: 'json',
};

async function failing(env: Record<string, string>): Promise<{ code: number | string; said: string }> {
  app = await startServerProcess({ ...settings, ...env });
  const code = await app.ended;
  expect(app.stderr.trim().split('\n')).toHaveLength(1);
  expect(app.stderr).not.toMatch(/\n\s+at /);
  return { code, said: app.stderr };
}
