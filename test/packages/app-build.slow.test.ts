import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { read, root } from '../support/documents.ts';

test("the sandbox is in neither the app's build nor its container image", async () => {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [tsc, '-p', 'tsconfig.build.json', '--listFilesOnly'],
    {
      cwd: root,
    },
  );
  const compiled = stdout.split('\n').map((file) => path.relative(root, file));
  expect(compiled).toContain('src/server.ts');
  expect(compiled.filter((file) => file.startsWith('src/sandbox/'))).toEqual([]);
  expect(read('docs/deploy/Dockerfile.dockerignore')).toMatch(/^!src\nsrc\/sandbox$/m);
});
