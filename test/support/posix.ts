import { test } from '@jest/globals';

/**
 * `test` for what Windows does not have: modes of files, named pipes, sockets as files, links that need no rights. There one
 * line says that it did not run.
 */
export const posixTest =
  process.platform === 'win32'
    ? (title: string, _define: () => unknown) => test(title, () => console.log(`Not run on Windows: "${title}"`))
    : test;
