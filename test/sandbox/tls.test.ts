import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { createHttp } from '../../src/launchdarkly/index.ts';
import { flags, readFlags } from '../../src/sandbox/command-line.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { privateCa } from '../support/certificates.ts';
import { withSandbox } from './support.ts';

async function metadata(url: string, ca: string): Promise<Record<string, string>> {
  const http = createHttp({ ca });
  const answer = await http.request({ method: 'GET', url: `${url}/.well-known/oauth-authorization-server` });
  await http.close();
  return JSON.parse(answer.body);
}

test('with a key and a certificate it listens with https and names its endpoints so', async () => {
  const { ca, ...tls } = await privateCa('localhost');
  await withSandbox({ tls }, async ({ url }) => {
    expect(url).toMatch(/^https:/);
    const { port } = new URL(url);
    const { issuer, token_endpoint } = await metadata(`https://localhost:${port}`, ca);
    expect(issuer).toBe(`https://localhost:${port}`);
    expect(token_endpoint).toBe(`https://localhost:${port}/trust/oauth/token`);
  });
});

test('--tls takes one file with both, and says what is wrong with it', async () => {
  const { ca, key, cert } = await privateCa('localhost');
  const folder = await mkdtemp(path.join(tmpdir(), 'tls-'));
  const [whole, half] = ['whole.pem', 'half.pem'].map((name) => path.join(folder, name)) as [string, string];
  await writeFile(whole, key + cert);
  await writeFile(half, cert);
  const start = (file: string) =>
    startSandbox(
      readFlags({ 'auto-approve': flags['auto-approve'].default, json: false, tls: file }, { port: 0 }),
    );
  try {
    const sandbox = await start(whole);
    const { port } = new URL(sandbox.url);
    expect((await metadata(`https://localhost:${port}`, ca)).issuer).toBe(`https://localhost:${port}`);
    await sandbox.close();
    expect(() => start(path.join(folder, 'none.pem'))).toThrow(/--tls .*none\.pem cannot be read \(ENOENT\)/);
    await expect(start(half)).rejects.toThrow(/key and certificate for TLS cannot be used/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
