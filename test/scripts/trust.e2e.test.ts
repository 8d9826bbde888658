import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { localCertificate } from '../../src/local-https/certificate.ts';
import { describeWith } from '../support/when-installed.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
let home: string;
let server: Server;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'trust-home-'));
  const pair = await localCertificate({
    directory: path.join(home, 'tls'),
    hostnames: ['localhost', 'app.localhost'],
  });
  server = createServer(pair, (_req, res) => void res.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.close();
  await rm(home, { recursive: true, force: true });
});

describeWith('certutil', 'libnss3-tools', 'npm run trust', () => {
  describeWith('chromium', 'chromium', 'in Chromium', (executablePath) => {
    test('ends the warning about https://localhost, and --undo brings it back', async () => {
      const { port } = server.address() as AddressInfo;
      const urls = [`https://localhost:${port}/`, `https://app.localhost:${port}/`, `https://127.0.0.1:${port}/`];
      expect(await visit(executablePath, urls)).toEqual(urls.map(() => 'net::ERR_CERT_AUTHORITY_INVALID'));
      await trust('--yes');
      expect(await visit(executablePath, urls)).toEqual(urls.map(() => 'hello'));
      await trust('--undo', '--yes');
      expect(await visit(executablePath, urls)).toEqual(urls.map(() => 'net::ERR_CERT_AUTHORITY_INVALID'));
    });
  });
});

async function trust(...args: string[]): Promise<void> {
  const script = ['scripts/trust.ts', '--directory', path.join(home, 'tls'), '--no-system', ...args];
  await run(process.execPath, ['--import', 'tsx', ...script], {
    cwd: root,
    env: { ...process.env, HOME: home },
  });
}

/** What a Chromium of this home directory shows at each URL: the page's text, or the name of its warning. */
async function visit(executablePath: string, urls: string[]): Promise<string[]> {
  const args = ['--no-sandbox', '--disable-background-networking'];
  const browser = await chromium.launch({ executablePath, args, env: { ...process.env, HOME: home } });
  try {
    const page = await browser.newPage();
    const shown: string[] = [];
    for (const url of urls) {
      const warning = await page.goto(url).then(
        () => undefined,
        (error: Error) => /net::\w+/.exec(error.message)?.[0],
      );
      shown.push(warning ?? (await page.innerText('body')));
    }
    return shown;
  } finally {
    await browser.close();
  }
}
