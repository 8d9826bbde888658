import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'libsql';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Instance } from '../support/instances.ts';
import { instanceSettings, logInAt, startInstance, whoIs } from '../support/instances.ts';
import { until } from '../support/until.ts';

const people = ['ariel.reader@acme.example', 'ada.admin@acme.example'];

let folder: string;
let sandbox: Sandbox;
let app: Instance | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-app-'));
  sandbox = await startSandbox({ port: 0, autoApprove: true });
});
afterAll(async () => {
  await app?.close();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

test('an app killed under load, five times over, still knows every session that a browser was told of', async () => {
  const file = join(folder, 'sessions.db');
  const settings = await instanceSettings(sandbox, { SESSION_STORE: `file:${file}` });
  const confirmed = new Map<string, string>();
  const loggedOut = new Set<string>();

  for (let round = 0; round < 5; round++) {
    const current = await startInstance(settings);
    app = current;
    for (const [cookie, email] of confirmed) expect(await whoIs(current, cookie)).toBe(email);
    for (const cookie of loggedOut) expect(await whoIs(current, cookie)).toBe(401);

    const target = confirmed.size + 12;
    const visitors = Promise.all([...people, ...people].map((email) => visit(email)));
    await Promise.race([visitors, until(() => confirmed.size >= target)]);
    await current.kill();
    await visitors;
    await current.close();
    const database = new Database(file);
    expect(database.prepare('PRAGMA integrity_check').raw().get()).toEqual(['ok']);
    database.close();

    /** Logs in again and again, sometimes out, until the app is gone. */
    async function visit(email: string): Promise<void> {
      try {
        for (let turn = 0; ; turn++) {
          const cookie = await logInAt(current, email);
          confirmed.set(cookie, email);
          if (turn % 3 !== 2) continue;
          confirmed.delete(cookie);
          const { status } = await current.request('/auth/logout', { method: 'POST', cookie });
          if (status === 303) loggedOut.add(cookie);
        }
      } catch (error) {
        if (!current.server.child.killed) throw error;
      }
    }
  }
  expect(confirmed.size).toBeGreaterThan(50);
  expect(loggedOut.size).toBeGreaterThan(0);
}, 60_000);
