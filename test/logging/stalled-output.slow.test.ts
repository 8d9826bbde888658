import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Program } from '../support/program.ts';
import { follow } from '../support/program.ts';
import { until } from '../support/until.ts';

const log = new URL('../../src/logging/log.ts', import.meta.url).href;
const stop = new URL('../../src/http-server/stop.ts', import.meta.url).href;
const lineCount = 40_000;

let folder: string;
let program: Program | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'stalled-'));
});
afterEach(async () => {
  if (program?.child.pid && program.child.exitCode === null) process.kill(-program.child.pid, 'SIGKILL');
  await program?.ended;
  await rm(folder, { recursive: true });
});

/**
 * A program that logs far more than a pipe holds, tells on standard error when it has gone on, and crashes when it is told
 * to. `reader` is a shell command that gets its standard output through a pipe.
 */
function logging(format: string, reader: string): Program {
  const source = `
    import { existsSync } from 'node:fs';
    import { createLogger } from '${log}';
    import { exitOnCrash } from '${stop}';
    const logger = createLogger({ level: 'info', format: '${format}' });
    exitOnCrash(logger);
    for (let count = 0; count < ${lineCount}; count++) {
      logger.info({ event: 'request', count });
      if (count % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    console.error('went on');
    setInterval(() => { if (existsSync('crash')) throw new Error('told to crash'); }, 20);`;
  const pipeline = `{ "$0" --import tsx --input-type=module -e "$1"; echo "exit $?" >&2; } | ${reader}`;
  const tsx = path.resolve(import.meta.dirname, '../..');
  return follow(
    spawn(
      'bash',
      ['-c', `cd '${folder}' && ln -s '${tsx}/node_modules' node_modules; ${pipeline}`, process.execPath, source],
      {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    ),
  );
}

const waitingReader = 'until [ -e read ]; do sleep 0.05; done | cat; cat > out';

async function output(): Promise<string> {
  return readFile(path.join(folder, 'out'), 'utf8').catch(() => '');
}

test.each(['json', 'pretty'])(
  'a reader of the %s log that pauses stops nothing; it gets what was kept and is told what it missed',
  async (format) => {
    program = logging(format, `{ ${waitingReader}; }`);
    await program.prints(/went on/);
    await writeFile(path.join(folder, 'read'), '');
    await until(async () => /log_lines_dropped|Standard output was not read/.test(await output()));
    await writeFile(path.join(folder, 'crash'), '');
    await program.prints(/exit 1/);
    await program.ended;
    const lines = (await output()).trimEnd().split('\n');
    expect(lines.slice(-10).join('\n')).toContain('told to crash');
    if (format === 'pretty') return;
    const parsed = lines.map((line) => JSON.parse(line));
    const kept = parsed.filter(({ event }) => event === 'request');
    expect(kept.map(({ count }) => count)).toEqual(kept.map((_, index) => index));
    const { count } = parsed.find(({ event }) => event === 'log_lines_dropped');
    expect(kept.length + count).toBe(lineCount);
    expect(kept.length).toBeGreaterThan(1000);
  },
  60_000,
);

test('a crash while nobody reads still ends the process', async () => {
  program = logging('json', 'sleep 60');
  await program.prints(/went on/);
  const started = performance.now();
  await writeFile(path.join(folder, 'crash'), '');
  await program.prints(/exit 1/);
  expect(performance.now() - started).toBeLessThan(5_000);
}, 60_000);

test('a reader that is gone stops nothing', async () => {
  program = logging('json', 'true');
  await program.prints(/went on/);
  await writeFile(path.join(folder, 'crash'), '');
  await program.prints(/exit 1/);
}, 60_000);
