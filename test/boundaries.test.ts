import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '..');

/** What each room may import of ours, besides itself. */
const allowed: Record<string, string[]> = {
  'src/auth': [],
  'src/launchdarkly': [],
  'src/launchdarkly-login': ['src/auth/index.ts', 'src/launchdarkly/index.ts'],
  'src/sandbox': [],
  'src/session-store': [],
  'src/config': [],
  'src/local-https': ['src/config/replace-file.ts'],
  'src/registration': ['src/launchdarkly', 'src/config'],
  'src/doctor': [
    'src/auth',
    'src/config',
    'src/http-server/listen.ts',
    'src/launchdarkly',
    'src/local-https',
    'src/registration',
    'src/session-store',
  ],
  'src/logging': ['src/auth/index.ts', 'src/launchdarkly/clean-text.ts'],
  'src/http-server': ['src/launchdarkly/clean-text.ts', 'src/logging'],
  'src/flow-inspector': ['src/auth/index.ts', 'src/launchdarkly'],
  'src/web': [
    'src/auth/index.ts',
    'src/config',
    'src/flow-inspector',
    'src/launchdarkly',
    'src/launchdarkly-login',
    'src/logging',
  ],
};

function filesBelow(folder: string): string[] {
  const absolute = path.join(root, folder);
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .filter((name) => /\.tsx?$/.test(name) && statSync(path.join(root, name)).isFile());
}

/** The files of ours that a file imports, relative to the root. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((specifier) => path.posix.join(path.posix.dirname(file), specifier));
}

const rooms = readdirSync(path.join(root, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `src/${entry.name}`);

describe('the rooms of the house', () => {
  test.each(rooms)('%s imports only what it may', (room) => {
    expect(Object.keys(allowed)).toContain(room);
    const strangers = filesBelow(room).flatMap((file) =>
      importsOf(file)
        .filter(
          (target) =>
            ![room, ...(allowed[room] ?? [])].some((place) => target === place || target.startsWith(`${place}/`)),
        )
        .map((target) => `${file} imports ${target}`),
    );
    expect(strangers).toEqual([]);
  });

  test('only scripts and tests start the sandbox', () => {
    const importers = filesBelow('src')
      .filter((file) => !file.startsWith('src/sandbox/'))
      .filter((file) => importsOf(file).some((target) => target.startsWith('src/sandbox')));
    expect(importers).toEqual([]);
  });

  test('the environment is read in src/config alone', () => {
    const readers = [...filesBelow('src'), ...filesBelow('scripts')]
      .filter((file) => !file.startsWith('src/config/'))
      .filter((file) => /process\s*\.\s*env|process\['env'\]/.test(readFileSync(path.join(root, file), 'utf8')));
    expect(readers).toEqual([]);
  });

  test("LaunchDarkly's paths and field names stand in src/launchdarkly and src/sandbox alone", () => {
    const strangers = filesBelow('src')
      .filter((file) => !/^src\/(launchdarkly|sandbox)\//.test(file))
      .filter((file) =>
        /\/trust\/oauth|\/api\/v2|['"`/](caller-identity|members\/me)['"`]|\b_(clientId|clientSecret|accountId|creationDate|id|pendingInvite|verified)\b|getCallerIdentity:|LD-API-Version/i.test(
          readFileSync(path.join(root, file), 'utf8'),
        ),
      );
    expect(strangers).toEqual([]);
  });
});
