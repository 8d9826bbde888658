import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { follow } from '../support/program.ts';

jest.setTimeout(240_000);

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let file: string;

/** A copy of the project, because a benchmark builds it. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bench-command-'));
  file = path.join(folder, 'recorded-here.json');
  const parts = ['package.json', '.npmrc', 'scripts', 'src', 'views', 'docs', 'test/bench', 'test/support'];
  for (const name of [...parts, 'tsconfig.json', 'tsconfig.build.json'])
    await cp(path.join(root, name), path.join(folder, name), { recursive: true });
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** As somebody would type it, or without the build that comes before. */
async function bench(args: readonly string[], { build = false } = {}) {
  const command = build ? ['npm', 'run', '--silent', 'bench', '--'] : ['node', 'scripts/run.mjs', 'bench', '--'];
  const env = { PATH: process.env.PATH, HOME: folder };
  const [program = '', ...rest] = [...command, '--quick', '--recorded', file, ...args];
  const ended = follow(spawn(program, rest, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  return { code: await ended.ended, stdout: ended.stdout, stderr: ended.stderr };
}

/** Changes the two recorded ratios, and what the minimal app took. */
async function pretend(change: (ratio: number) => number, minimal?: object): Promise<void> {
  const recorded = JSON.parse(await readFile(file, 'utf8'));
  const { loginMs, memberMs } = recorded.ratio;
  await writeFile(
    file,
    JSON.stringify({
      ...recorded,
      ...(minimal && { minimal }),
      ratio: { loginMs: change(loginMs), memberMs: change(memberMs) },
    }),
  );
}

test('a run is recorded, and a later one says what has risen and fallen since', async () => {
  const first = await bench(['--record'], { build: true });
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/CPU time of a login +[\d.]+ ms +[\d.]+ ms/) });
  expect(first.stderr).toContain('Recorded in recorded-here.json.');
  const text = await readFile(file, 'utf8');
  const recorded = JSON.parse(text);
  expect(recorded).toMatchObject({ node: process.version, ratio: { loginMs: expect.any(Number) } });
  expect(recorded.ratio.memberMs).toBeGreaterThan(0);

  await pretend((ratio) => ratio / 100);
  const slower = await bench([]);
  expect(slower.code).toBe(0);
  expect(slower.stderr).toMatch(/Warning: CPU time of a login has risen by 0\.\d\d of the minimal app's/);
  expect(slower.stderr).toContain('Warning: CPU time of GET /api/me has risen');
  expect(slower.stdout).toMatch(/CPU time of a login +0\.\d\d × +\d\.\d\d × ± \d\.\d\d +\+ \d\.\d\d/);
  expect(slower.stdout).toMatch(/Recorded on \d+ \w+ \d{4}: Node v\d+/);

  await pretend((ratio) => ratio * 1000, { loginMs: 0.001, memberMs: 0.001 });
  const faster = await bench(['--json']);
  expect(faster.stderr).not.toContain('Warning');
  expect(faster.stderr).toContain('has fallen by');
  expect(faster.stderr).toMatch(/The minimal app itself took \d+\.\d times as long as when it was recorded/);
  const { changes, recorded: before } = JSON.parse(faster.stdout);
  for (const change of changes) {
    expect(change).toMatchObject({ verdict: 'lower', noise: expect.any(Number) });
    expect(change.difference).toBeCloseTo(change.value - before.ratio[change.quantity]);
  }
});

test('a recorded file that is missing or holds something else is a failure that says what to do', async () => {
  await writeFile(file, '{"ratio": {}}');
  for (const name of [file, path.join(folder, 'missing.json')]) {
    const ended = await bench(['--recorded', name]);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('npm run bench -- --record');
  }
});
