import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'dotenv';
import { settings } from '../src/config/settings.ts';
import { failures } from '../src/web/failures.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
}).split('\n');
const documents = files.filter((file) => file.endsWith('.md') && existsSync(path.join(root, file)));
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;

/** Words in capitals that look like settings and are none of ours. */
const foreignNames = new Set(['NODE_ENV', 'NO_COLOR', 'HOME', 'PATH', 'CI']);

describe.each(documents)('%s', (document) => {
  const text = read(document);

  test('names only npm scripts that exist', () => {
    const named = [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:.-]+)|(test|start))\b/g)].map(
      (match) => match[1] ?? match[2],
    );
    expect(named.filter((name) => name && !(name in scripts))).toEqual([]);
  });

  test('links only to files and headings that exist', () => {
    const broken = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].filter(
      ([, file = '', anchor]) => {
        const target = file ? path.join(path.dirname(document), file) : document;
        if (!existsSync(path.join(root, target))) return true;
        return anchor !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).has(anchor);
      },
    );
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test('names only files that exist', () => {
    const named = [...text.matchAll(/`((?:src|scripts|test|views|docs)\/[\w./-]+)`/g)].map(
      (match) => match[1] ?? '',
    );
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  test('names only settings that exist', () => {
    const named = [...text.matchAll(/\b(?:LD|SESSION|TLS|LOG|SANDBOX|TRUST|FLOW|RATE)_[A-Z_]*[A-Z]\b/g)].map(
      ([name]) => name,
    );
    expect(named.filter((name) => !(name in settings) && !foreignNames.has(name))).toEqual([]);
  });
});

test('.env.example lists every setting, and nothing else', () => {
  const listed = Object.keys(parse(read('.env.example').replace(/^# (?=[A-Z_]+=)/gm, '')));
  expect(listed.sort()).toEqual(Object.keys(settings).sort());
});

test('the README explains every setting and every failure code', () => {
  const text =
    read('README.md') +
    documents
      .filter((file) => file.startsWith('docs/'))
      .map(read)
      .join('\n');
  expect(Object.keys(settings).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  expect(Object.keys(failures).filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
});

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(text: string): Set<string> {
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
