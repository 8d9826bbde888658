import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { openPage, pageOf, press } from './form-reader.ts';
import {
  ARIEL,
  api,
  authorizeUrl,
  bearer,
  locationOf,
  refresh,
  registerClient,
  tokensFor,
  withSandbox,
} from './support.ts';

let directory: string;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'sandbox-')), 'state');
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

test('clients, tokens and API tokens survive a restart', async () => {
  const options = { autoApprove: true, dataDir: directory };
  const before = await withSandbox(options, async (sandbox) => {
    const client = await registerClient(sandbox);
    const { adminToken, readerToken } = sandbox;
    return { client, adminToken, readerToken, tokens: await tokensFor(sandbox, client) };
  });
  await withSandbox(options, async (sandbox) => {
    expect([sandbox.adminToken, sandbox.readerToken]).toEqual([before.adminToken, before.readerToken]);
    expect((await api(sandbox, 'GET', `/oauth/clients/${before.client.id}`)).status).toBe(200);
    expect((await api(sandbox, 'GET', '/members/me', bearer(before.tokens.access_token))).status).toBe(200);
    expect((await refresh(sandbox, before.client, before.tokens.refresh_token)).status).toBe(200);
  });
});

test('a client is on the disk before its secret is out, in a file that only its owner reads, as a fingerprint', async () => {
  await withSandbox({ dataDir: directory }, async (sandbox) => {
    const { id, secret } = await registerClient(sandbox);
    const text = await readFile(join(directory, 'state.json'), 'utf8');
    expect(text).toContain(id);
    expect(text).not.toContain(secret);
    if (process.platform === 'win32') return; // has no modes
    expect((await stat(join(directory, 'state.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });
});

test('what a member authorized is remembered over a restart, where the switches have it', async () => {
  const options = { dataDir: directory, switches: { rememberConsent: true } };
  const someone = { login_hint: undefined };
  const client = await withSandbox(options, async (sandbox) => {
    const client = await registerClient(sandbox);
    const signIn = await openPage(authorizeUrl(sandbox, client, someone));
    await press(await pageOf(await press(signIn, ARIEL)), 'Authorize');
    return client;
  });
  await withSandbox(options, async (sandbox) => {
    const again = await press(await openPage(authorizeUrl(sandbox, client, someone)), ARIEL);
    expect(locationOf(again).searchParams.has('code')).toBe(true);
  });
});

test('forty registrations at once are all kept', async () => {
  const ids = await withSandbox({ dataDir: directory }, async (sandbox) => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => registerClient(sandbox)));
    return clients.map(({ id }) => id);
  });
  const text = await readFile(join(directory, 'state.json'), 'utf8');
  for (const id of ids) expect(text).toContain(id);
});

test('a state file that is none is refused with a sentence, and left alone', async () => {
  await withSandbox({ dataDir: directory }, async () => {});
  for (const text of ['{', '{"version":99}', '{"version":1,"clients":7}', '[]', 'null']) {
    await writeFile(join(directory, 'state.json'), text);
    await expect(startSandbox({ port: 0, dataDir: directory })).rejects.toThrow(
      /Delete it, or choose another/,
    );
    expect(await readFile(join(directory, 'state.json'), 'utf8')).toBe(text);
  }
});

test('a taken port rejects with EADDRINUSE', async () => {
  await withSandbox({}, async (sandbox) => {
    const port = Number(new URL(sandbox.url).port);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
