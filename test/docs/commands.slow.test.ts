import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { documents, files, read, root, untrue } from '../support/documents.ts';
import { follow } from '../support/program.ts';

const guide = read('docs/commands.md');
const names = files.map((file) => /^scripts\/(\w+)\.ts$/.exec(file)?.[1]).filter((name) => name !== undefined);
const described = names.filter((name) => guide.includes(`## \`npm run ${name}\``));
let folder: string;

/** The options of every script, as its `--help` names them. */
const options = new Map<string, ReadonlySet<string>>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'commands-'));
  for (const script of names) {
    const { code, stdout } = await call(script, ['--help']);
    expect(code).toBe(0);
    options.set(script, flagsIn(`${stdout} --help`));
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a script in an empty folder. */
async function call(script: string, args: readonly string[]) {
  const loader = pathToFileURL(path.join(root, 'node_modules/tsx/dist/esm/index.mjs')).href;
  const program = follow(
    spawn(process.execPath, ['--import', loader, path.join(root, `scripts/${script}.ts`), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder },
    }),
  );
  return { code: await program.ended, stdout: program.stdout, stderr: program.stderr };
}

/** The part of docs/commands.md about a script. */
function section(script: string): string {
  return guide.split(/^## /m).find((part) => part.startsWith(`\`npm run ${script}\``)) ?? '';
}

const flagsIn = (text: string) => new Set(text.match(/--[a-z][\w-]*/g));

describe('docs/commands.md', () => {
  test('has a section for every script', () => {
    expect(names.filter((name) => !described.includes(name))).toEqual([]);
  });

  test.each(described)('explains the options of `npm run %s`, and no others', (script) => {
    const has = options.get(script) ?? new Set();
    const stale = section(script)
      .split('\n')
      .flatMap((sentence) =>
        [...flagsIn(sentence)]
          .filter((flag) => !has.has(flag))
          .map((flag) => `docs/commands.md says ${flag}, which npm run ${script} has not: ${sentence}`),
      );
    const told = flagsIn(section(script));
    const untold = [...has].filter((flag) => !told.has(flag));
    expect(
      stale.concat(untold.map((flag) => `docs/commands.md does not explain ${flag} of npm run ${script}`)),
    ).toEqual([]);
  });

  test('says with which exit codes scripts end', async () => {
    const [fine, wrong, broken] = [
      await call('doctor', ['--help']),
      await call('bootstrap', ['--no-such-flag']),
      await call('doctor', []),
    ];
    const interrupted = Number(/CancelledError.*exitCode: (\d+)/.exec(read('scripts/support/run-script.ts'))?.[1]);
    const seen = [fine.code, wrong.code, broken.code, interrupted];
    expect(untrue(/^\| `(\d+)` \|/g, (code) => seen.includes(Number(code)), ['docs/commands.md'])).toEqual([]);
    expect([fine.code, wrong.code, broken.code]).toEqual([0, 2, 1]);
  }, 60_000);
});

test('every option that a document gives to a script is one of its options', () => {
  const call = /npm run (\w+ -- [^`#]*)/g;
  const takes = (words: string) => {
    const [script = '', ...rest] = words.split(' ');
    return [...flagsIn(rest.slice(1).join(' '))].every((flag) => options.get(script)?.has(flag) ?? true);
  };
  expect(untrue(call, takes)).toEqual([]);
});

test('options that documents name by themselves belong to some script', () => {
  // The package's own name for --env-file.
  const all = new Set(['--dotenv', ...[...options.values()].flatMap((flags) => [...flags])]);
  const elsewhere = documents.filter((document) => !/^(test|\.github)\//.test(document));
  expect(untrue(/`(--[a-z][\w-]*)[^`]*`/g, (flag) => all.has(flag), elsewhere)).toEqual([]);
});
