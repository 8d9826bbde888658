import { existsSync, readFileSync } from 'node:fs';

/** A function as it stands in a file of this project. */
export interface Excerpt {
  /** Where the function begins, from 1. */
  readonly line: number;
  readonly text: string;
}

/** The lines of a file below `src` or `scripts`; undefined when there is none, as where the app runs without its sources. */
export function sourceLines(file: string): readonly string[] | undefined {
  if (!/^(src|scripts)(\/[a-z-]+)+\.ts$/.test(file)) return undefined;
  const url = new URL(`../../${file}`, import.meta.url);
  return existsSync(url) ? readFileSync(url, 'utf8').trimEnd().split('\n') : undefined;
}

/** The function `name` of a file; undefined when it is not there. */
export function findFunction(file: string, name: string): Excerpt | undefined {
  if (!/^\w+$/.test(name)) return undefined;
  const lines = sourceLines(file) ?? [];
  const start = lines.findIndex((line) =>
    new RegExp(`^\\s*(export )?(async )?(function )?${name}(<.*>)?\\((.*[{(,])?$`).test(line),
  );
  const indent = /^\s*/.exec(lines[start] ?? '')?.[0] ?? '';
  const length = lines.slice(start).findIndex((line) => line.startsWith(`${indent}}`));
  if (start < 0 || length < 0) return undefined;
  const text = lines.slice(start, start + length + 1).map((line) => line.slice(indent.length));
  return { line: start + 1, text: text.join('\n').replace(/,$/, '') };
}
