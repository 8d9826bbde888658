import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from '@jest/globals';

/** Where programs are found, also those for administrators, which are not on everybody's path. */
const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** The absolute path of an installed program. */
export function installed(program: string): string | undefined {
  return folders.map((folder) => path.join(folder, program)).find((file) => existsSync(file));
}

/** Tests that need `program`. Where it is not installed, one line says how to get it. */
export function describeWith(
  program: string,
  packageName: string,
  title: string,
  define: (file: string) => void,
): void {
  const file = installed(program);
  if (file) {
    describe(title, () => define(file));
    return;
  }
  test(`${title}: needs ${program}`, () => {
    console.log(`Not run: "${title}" needs ${program}. Install it, on Debian by: apt-get install ${packageName}`);
  });
}
