import { existsSync } from 'node:fs';
import path from 'node:path/posix';
import { expect, test } from '@jest/globals';
import { parse } from 'dotenv';
import { settings } from '../../src/config/settings.ts';
import { allSources, anchorsOf, documents, files, read, root, untrue } from '../support/documents.ts';

const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts;
const sources = allSources();

/** Words that look like names of ours and are somebody else's, or are spoken of because there is no such thing. */
const foreign = new Set([
  'NODE_ENV',
  'id_token',
  'client_credentials',
  'invalid_request',
  'stop_grace_period',
  'terminationGracePeriodSeconds',
  'preStop',
  'SESSION_COOKIE_SECURE',
  'SESSION_COOKIE_SAMESITE',
]);

test('documents name only npm scripts that exist', () => {
  expect(untrue(/\bnpm (?:run (?:--silent )?([\w:.-]+)|(test|start))\b/g, (name) => name in scripts)).toEqual([]);
});

test('every npm script that a person would type is explained in docs/commands.md', () => {
  const inner = ['build', 'build:packages', 'prestart', 'prebench'];
  const text = read('docs/commands.md');
  const missing = Object.keys(scripts).filter(
    (name) => !inner.includes(name) && !text.includes(`\`npm run ${name}\``) && !text.includes(`\`npm ${name}\``),
  );
  expect(missing).toEqual([]);
});

test('documents link only to files and headings that exist', () => {
  const link = /\]\((?!https?:|mailto:)([^)\s]+)\)/g;
  expect(
    untrue(link, (target, document) => {
      const [file = '', anchor] = target.split('#');
      const linked = file ? path.join(path.dirname(document), file) : document;
      if (!existsSync(path.join(root, linked))) return false;
      return anchor === undefined || !linked.endsWith('.md') || anchorsOf(read(linked)).has(anchor);
    }),
  ).toEqual([]);
});

test('pictures of documents are files of the project', () => {
  const picture = /(?:src|srcset)="([^"]+)"/g;
  expect(untrue(picture, (file, document) => files.includes(path.join(path.dirname(document), file)))).toEqual([]);
});

test('documents name only files and folders that exist', () => {
  const file = /`((?:src|scripts|test|views|docs)(?:\/[\w.-]+)+)`/g;
  expect(untrue(file, (name) => existsSync(path.join(root, name)))).toEqual([]);
});

test('documents name only settings that exist', () => {
  const setting = /\b(?:LD|SESSION|TLS|LOG|SANDBOX|TRUST|FLOW|RATE)_[A-Z_]*[A-Z]\b/g;
  expect(untrue(setting, (name) => name in settings || foreign.has(name))).toEqual([]);
});

test('documents name only functions, types, codes and fields that occur in the sources', () => {
  const name = /`([a-z]\w*(?:[A-Z_])\w*)(?:\([^`]*\))?`/g;
  expect(untrue(name, (word) => foreign.has(word) || new RegExp(`\\b${word}\\b`).test(sources))).toEqual([]);
});

test('documents name only settings of one word that exist, or codes that occur in the sources', () => {
  const name = /`([A-Z]{3,})(?:=[^`]*)?`/g;
  const ours = documents.filter((document) => !document.startsWith('test/'));
  expect(untrue(name, (word) => word in settings || new RegExp(`\\b${word}\\b`).test(sources), ours)).toEqual([]);
});

test('.env.example lists every setting, and nothing else', () => {
  const listed = Object.keys(parse(read('.env.example').replace(/^# (?=[A-Z_]+=)/gm, '')));
  expect(listed.sort()).toEqual(Object.keys(settings).sort());
});

test('docs/settings.md explains every setting', () => {
  const text = read('docs/settings.md');
  expect(Object.keys(settings).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test('CONTRIBUTING shows every folder', () => {
  const text = read('.github/CONTRIBUTING.md');
  const rooms = new Set(files.map((file) => /^src\/[\w-]+(?=\/)/.exec(file)?.[0] ?? 'scripts'));
  expect([...rooms].filter((room) => !text.includes(`| \`${room}\` |`))).toEqual([]);
});

test('the README leads to every document', () => {
  const reachable = new Set(['README.md']);
  for (const document of reachable) {
    for (const [, target = ''] of read(document).matchAll(/\]\((?!https?:)([^)#\s]+\.md)/g)) {
      reachable.add(path.join(path.dirname(document), target));
    }
  }
  const apart = ['AGENTS.md', 'test/README.md'];
  expect(documents.filter((document) => !reachable.has(document) && !apart.includes(document))).toEqual([]);
});
