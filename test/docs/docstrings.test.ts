import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '../..');
const exported = /^export (?:declare |abstract )*(?:async )?(?:function\*?|class|interface|type|const) (\w+)/;

test.each(['src/auth', 'src/launchdarkly', 'src/sandbox'])(
  'everything that %s exports has a docstring that says more than its name',
  (folder) => {
    const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
    const sources = files.filter((file) => file.endsWith('.ts')).map((file) => path.join(folder, file));
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.flatMap(undocumented)).toEqual([]);
  },
);

/** `file:line name` of each export of a file that no docstring stands above. Re-exports are documented at home. */
function undocumented(file: string): string[] {
  const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const name = exported.exec(line)?.[1];
    return name === undefined || wordsAbove(lines, index) >= 2 ? [] : [`${file}:${index + 1} ${name}`];
  });
}

/** How many words the docstring right above a line has; 0 without one. */
function wordsAbove(lines: readonly string[], index: number): number {
  if (!lines[index - 1]?.trimEnd().endsWith('*/')) return 0;
  const start = lines.slice(0, index).findLastIndex((line) => line.trimStart().startsWith('/*'));
  const comment = lines.slice(start, index).join(' ');
  return comment.trimStart().startsWith('/**') ? (comment.match(/\w+/g)?.length ?? 0) : 0;
}
