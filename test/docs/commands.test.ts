import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blocksOf, documents, files, read, root, untrue } from '../support/documents.ts';
import { follow } from '../support/program.ts';

const guide = read('docs/commands.md');
const names = files
  .map((file) => /^scripts\/(\w+)\.ts$/.exec(file)?.[1])
  .filter((name) => name !== undefined);
const described = names.filter((name) => guide.includes(`## \`npm run ${name}\``));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'commands-'));
});
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

  test.each(described)(
    'names the options of `npm run %s` that --help names, and no others',
    async (script) => {
      const { code, stdout } = await call(script, ['--help']);
      expect(code).toBe(0);
      expect([...flagsIn(section(script))].sort()).toEqual([...flagsIn(`${stdout} --help`)].sort());
    },
    60_000,
  );

  test('says with which exit codes scripts end', async () => {
    const codes = [...guide.matchAll(/^\| `(\d+)` \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual([0, 1, 2, 130]);
    const [wrong, broken] = await Promise.all([call('bootstrap', ['--no-such-flag']), call('doctor', [])]);
    expect([wrong.code, broken.code]).toEqual([2, 1]);
  }, 60_000);
});

test('every option that a document gives to a script is one of its options', async () => {
  const calls = documents
    .flatMap(blocksOf)
    .map(({ text }) => text)
    .concat(documents.flatMap((document) => read(document).match(/`npm run [^`]+`/g) ?? []));
  const known = new Map(described.map((script) => [script, flagsIn(section(script))]));
  const unknown = calls
    .flatMap((text) => [...text.matchAll(/npm run (\w+) -- ([^`\n#]*)/g)])
    .flatMap(([sentence, script = '', rest = '']) =>
      [...flagsIn(rest)]
        .filter((flag) => known.has(script) && !known.get(script)?.has(flag))
        .map((flag) => `${flag}: ${sentence}`),
    );
  expect(unknown).toEqual([]);
});

test('options named by themselves in other documents belong to some script', () => {
  const all = flagsIn(guide);
  const elsewhere = documents.filter(
    (document) => !document.startsWith('test/') && !document.startsWith('.github/'),
  );
  expect(untrue(/`(--[a-z][\w-]*)[^`]*`/g, (flag) => all.has(flag), elsewhere)).toEqual([]);
});
