import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { root } from '../support/documents.ts';

const config = path.join(root, 'tsconfig.strictest.json');
afterEach(() => rm(config, { force: true }));

const strictest = [
  'noImplicitReturns',
  'noPropertyAccessFromIndexSignature',
  'noUnusedLocals',
  'noUnusedParameters',
  'noImplicitOverride',
];

test.each([
  ['the login', {}, ['auth', 'launchdarkly', 'launchdarkly-login', 'session-store'].map((folder) => `src/${folder}`)],
  [
    'the React and Vue buttons',
    { jsx: 'react-jsx', lib: ['es2023', 'dom'] },
    ['views/assets/*.ts', 'views/assets/*.tsx'],
  ],
])('%s, which other apps copy, compiles under the strictest settings of TypeScript', async (_name, own, include) => {
  const compilerOptions = { ...Object.fromEntries(strictest.map((name) => [name, true])), ...own };
  await writeFile(config, JSON.stringify({ extends: './tsconfig.json', compilerOptions, include }));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const errors = await promisify(execFile)(process.execPath, [tsc, '-p', config]).then(
    () => '',
    (failure) => String(failure.stdout),
  );
  expect(
    errors.split('\n').filter((line) => /^(src\/(auth|launchdarkly|session-store)|views|error)/.test(line)),
  ).toEqual([]);
});
