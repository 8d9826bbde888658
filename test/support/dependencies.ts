import { read } from './documents.ts';

/** The rows of the table in docs/dependencies.md. */
export function dependencyTable(): { name: string; mebibytes: number; packages: number; licence: string }[] {
  const row = /^\| `([^`]+)` \|.*\| ([\d.]+) MiB, (\d+) \| ([\w-]+) \|.*\|$/gm;
  return [...read('docs/dependencies.md').matchAll(row)].map(([, name = '', size, count, licence = '']) => ({
    name,
    mebibytes: Number(size),
    packages: Number(count),
    licence,
  }));
}
