import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { blocksOf, read, root } from '../support/documents.ts';
import { call } from '../support/npm-package.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'containers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const images = ['docs/deploy/Dockerfile', 'docs/deploy/sandbox.Dockerfile'];

/** What the first stage of an image copies out of the repository. */
function copiedBy(image: string): string[] {
  const copies = [...read(image).matchAll(/^COPY (?!--from)(.*) \S+$/gm)];
  return copies.flatMap(([, sources = '']) => sources.split(' '));
}

test.each(images)('%s copies only files that exist, and its .dockerignore lets them through', (image) => {
  const allowed = [...read(`${image}.dockerignore`).matchAll(/^!(.*)$/gm)].map(([, file]) => file);
  const copied = copiedBy(image);
  expect(copied.length).toBeGreaterThan(3);
  expect(copied.filter((file) => !existsSync(path.join(root, file)) || !allowed.includes(file))).toEqual([]);
});

test('what sandbox.Dockerfile copies is enough to build the package, and its command starts it', async () => {
  const image = read('docs/deploy/sandbox.Dockerfile');
  for (const file of copiedBy('docs/deploy/sandbox.Dockerfile')) {
    await cp(path.join(root, file), path.join(folder, file), { recursive: true });
  }
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const [, build = ''] = /^RUN (node scripts\/build-packages.*?) &&/m.exec(image) ?? [];
  await call(folder, 'sh', ['-c', build.replace(' /packages', ' packages')]);
  const [, ...entry] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(image)?.[1] ?? '');
  const sandbox = path.join(folder, 'packages/launchdarkly-sandbox');
  expect(await call(sandbox, process.execPath, [...entry, '--help'])).toContain('Usage: npx launchdarkly-sandbox');
}, 60_000);

test.each(['docs/deploy/compose.yaml', 'docs/deploy/compose-sandbox.yaml'])('%s is YAML without a warning', (file) => {
  const { errors, warnings } = parseDocument(read(file), { merge: true });
  expect([...errors, ...warnings]).toEqual([]);
});

const checked = blocksOf('docs/sandbox.md').filter(({ mark }) => mark?.kind === 'check');

test.each(checked.map(({ line, language, text }) => [line, language, text] as const))(
  'the recipe in line %d of docs/sandbox.md is right %s',
  async (line, language, text) => {
    const file = path.join(folder, `recipe-${line}.${language === 'js' ? 'mjs' : 'txt'}`);
    await writeFile(file, text);
    if (language === 'yaml') expect(parseDocument(text).errors).toEqual([]);
    else if (language === 'js') await promisify(execFile)(process.execPath, ['--check', file]);
    else await promisify(execFile)('python3', ['-c', 'import ast, sys; ast.parse(open(sys.argv[1]).read())', file]);
  },
);

test('there is a recipe in each of the languages', () => {
  expect(new Set(checked.map(({ language }) => language))).toEqual(new Set(['yaml', 'js', 'python']));
});
