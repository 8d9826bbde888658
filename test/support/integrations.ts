import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rmdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './documents.ts';
import { until } from './until.ts';

const run = promisify(execFile);
/**
 * Where the packages are that the login is tried with. They are no dependencies of this project. No test may lie in this
 * folder: Jest would look for packages here before they are installed, and remember that there are none.
 */
export const integrations = path.join(root, 'test/integrations');

/** Installs these packages, unless they are there already. Returns what loads one of them. */
export async function installIntegrations(): Promise<NodeJS.Require> {
  const turn = path.join(integrations, '.installing');
  await until(
    () =>
      mkdir(turn).then(
        () => true,
        () => false,
      ),
    { withinMs: 240_000, everyMs: 200 },
  );
  try {
    if (!(await isInstalled())) {
      const options = [
        '--prefer-offline',
        '--ignore-scripts',
        '--legacy-peer-deps',
        '--engine-strict=false',
        '--no-audit',
        '--no-fund',
      ];
      await run('npm', ['ci', ...options], { cwd: integrations, timeout: 200_000 });
    }
  } finally {
    await rmdir(turn);
  }
  return createRequire(path.join(integrations, 'package.json'));
}

async function isInstalled(): Promise<boolean> {
  const done = path.join(integrations, 'node_modules/.package-lock.json');
  if (!existsSync(done)) return false;
  return (await stat(done)).mtimeMs >= (await stat(path.join(integrations, 'package-lock.json'))).mtimeMs;
}
