import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { read, root } from './documents.ts';

/** The TypeScript files below a folder of the project, relative to the root. */
export function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .filter((name) => /\.tsx?$/.test(name) && statSync(path.join(root, name)).isFile());
}

/** What a file imports, types included, as it is written there: `express`, `node:fs`, `./listen.ts`. */
export function specifiersOf(file: string): string[] {
  const statement = /^(?:import|export)\b(?:[^'"`;=(]*\bfrom)?\s*(['"])([^'"\n]+)\1/gm;
  const call = /\bimport\(\s*(['"`])([^'"`\n]+)\1/g;
  return [statement, call].flatMap((form) => [...read(file).matchAll(form)].map((match) => match[2] ?? ''));
}

/** The files of ours that a file imports, types included, relative to the root. */
export function importsOf(file: string): string[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => path.posix.join(path.posix.dirname(file), specifier));
}
