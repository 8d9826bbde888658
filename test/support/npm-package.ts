import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './documents.ts';

const run = promisify(execFile);

/** Runs a program of a package as somebody with that package does: no setting of this project's npm run is handed down. */
export async function call(cwd: string, command: string, args: readonly string[], timeout = 120_000): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm|NODE)_/i.test(name)));
  const { stdout } = await run(command, args, { cwd, env, timeout, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** Builds one of the packages of this repository and packs it. */
export async function packed(name: string): Promise<{ tarball: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'packages-'));
  await call(root, process.execPath, ['scripts/build-packages.mjs', folder, name]);
  const file = await call(folder, 'npm', ['pack', '--silent', `./${name}`]);
  return {
    tarball: path.join(folder, file.trim()),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An npm project in a new folder, with these packages installed. What npm has in its cache is not downloaded again. */
export async function projectWith(...packages: string[]): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'project-'));
  await writeFile(path.join(folder, 'package.json'), '{"private":true}');
  await call(folder, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages]);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What is installed in a project: how many packages, and how many megabytes. */
export async function installedIn(folder: string): Promise<{ packages: number; megabytes: number }> {
  const modules = path.join(folder, 'node_modules');
  const lock = JSON.parse(await readFile(path.join(modules, '.package-lock.json'), 'utf8'));
  const names = await readdir(modules, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(modules, name))).size));
  return {
    packages: Object.keys(lock.packages).length,
    megabytes: sizes.reduce((sum, size) => sum + size, 0) / 1e6,
  };
}
