import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { fillFile, openingMs, sweepFigures } from '../support/many-sessions.ts';
import { runProgram } from '../support/program.ts';

jest.setTimeout(180_000);

const hour = 3_600_000;
const count = 100_000;
let folder: string;
let expired: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'many-sessions-'));
  expired = path.join(folder, 'expired.db');
  await fillFile(expired, count, Date.now() - hour, Date.now());
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a file with a hundred thousand sessions opens nearly as fast as an empty one', async () => {
  const [full, empty] = [await openingMs(expired), await openingMs(path.join(folder, 'empty.db'))];
  expect(full).toBeLessThan(empty + 40);
});

test('the sweep of many expired sessions holds nobody up', async () => {
  const calmest = { pause: Infinity, write: Infinity };
  for (let attempt = 0; attempt < 3; attempt++) {
    const { swept, during } = await sweepFigures(expired, 2000);
    expect(swept).toBeGreaterThan(1000); // so it is in small parts
    calmest.pause = Math.min(calmest.pause, during.p99); // the longest is often the machine's
    calmest.write = Math.min(calmest.write, during.write.p99);
  }
  expect(calmest.pause).toBeLessThan(20);
  expect(calmest.write).toBeLessThan(100);
});

test('a process that closes its store in the middle of a sweep ends as one that closes it at another time', async () => {
  const source = (file: string) => new URL(`../../src/session-store/${file}.ts`, import.meta.url).href;
  const program = runProgram(`
    import { openDatabase } from '${source('open-database')}';
    import { startSweep } from '${source('sweep')}';
    const opened = await openDatabase('${expired}');
    const count = opened.database.prepare('SELECT count(*) FROM sessions').raw();
    const before = count.get()[0];
    const stop = startSweep(opened, Date.now, 0);
    while (count.get()[0] === before) await new Promise((resolve) => setTimeout(resolve, 1));
    await stop();
    await opened.close();
    console.log('closed');`);
  expect(await program.ended).toBe(0);
  expect(program.stdout).toBe('closed\n');
});
