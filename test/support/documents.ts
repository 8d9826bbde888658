import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

/** The text of a file of the project. */
export function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Every file of the project that git tracks: an editor's temporary file must not come and go in between. */
export const files = listed().filter((file) => file !== '' && existsSync(path.join(root, file)));

function listed(): string[] {
  const git = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' });
  return git.status === 0 ? git.stdout.split('\n') : filesBelow('');
}

/** For a copy without git, such as a downloaded archive. */
function filesBelow(folder: string): string[] {
  const made = ['.git', '.data', '.env', 'node_modules', 'dist', 'coverage', 'screenshots'];
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !made.includes(name))
    .flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(file) : [file];
    });
}

/** Every Markdown file. */
export const documents = files.filter((file) => file.endsWith('.md'));

/** The sources, in one string: a word that does not occur in it is no name of ours. */
export function allSources(): string {
  return files
    .filter((file) => /^(src|scripts|test\/support)\/.*\.ts$/.test(file))
    .map(read)
    .join('\n');
}

/** A fenced block of a document. */
export interface Block {
  readonly document: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** `sh`, `ts`, … */
  readonly language: string;
  /** The comment above it, as in `<!-- run: curl -->`: `run` and `curl`. */
  readonly mark?: { readonly kind: string; readonly value: string };
  readonly text: string;
}

/** The fenced blocks of a document, those in lists without their indentation. */
export function blocksOf(document: string): Block[] {
  const text = read(document);
  const fence = /(?:<!-- (\w+): (\S+) -->\n)?^( *)```(\w*)\n(.*?)^ *```$/gms;
  return [...text.matchAll(fence)].map((match) => {
    const [, kind, value = '', indent = '', language = '', body = ''] = match;
    const above = text.slice(0, match.index + match[0].indexOf('```')).split('\n').length;
    return {
      document,
      line: above + 1,
      language,
      ...(kind && { mark: { kind, value } }),
      text: body.replace(new RegExp(`^${indent}`, 'gm'), ''),
    };
  });
}

/** The block that is marked so. Throws when the document has none. */
export function markedBlock(document: string, kind: string, value: string): Block {
  const block = blocksOf(document).find(({ mark }) => mark?.kind === kind && mark.value === value);
  if (!block) throw new Error(`${document} has no block marked <!-- ${kind}: ${value} -->`);
  return block;
}

/**
 * Finds what documents say that is not so: one line for each match of `pattern` whose first group (or whole match)
 * does not pass, with the document and the sentence.
 */
export function untrue(
  pattern: RegExp,
  isTrue: (name: string, document: string) => boolean,
  among: readonly string[] = documents,
): string[] {
  return among.flatMap((document) =>
    read(document)
      .split('\n')
      .flatMap((sentence, index) =>
        [...sentence.matchAll(pattern)]
          .map((match) => match.slice(1).find((group) => group !== undefined) ?? match[0])
          .filter((name) => !isTrue(name, document))
          .map((name) => `${document}:${index + 1} says ${name}, which there is not: ${sentence.trim()}`),
      ),
  );
}

/** The anchors that GitHub gives to the headings of a document. */
export function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#{1,6}\s+(.*)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/`/g, '')
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}
