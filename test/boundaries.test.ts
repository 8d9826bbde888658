import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { files, read, root } from './support/documents.ts';
import { filesBelow, importsOf, specifiersOf } from './support/imports.ts';

/** What each room may import of ours, besides itself. */
const allowed: Record<string, string[]> = {
  'src/auth': [],
  'src/launchdarkly': [],
  'src/launchdarkly-login': ['src/auth/index.ts', 'src/config/config.ts', 'src/launchdarkly/index.ts'],
  'src/sandbox': [],
  'src/session-store': [],
  'src/config': ['src/auth/plain-http.ts'],
  'src/local-https': ['src/config/replace-file.ts'],
  'scripts/registration': ['src/launchdarkly', 'src/config', 'src/session-store/sqlite.ts'],
  'scripts/trust': ['src/config/replace-file.ts', 'src/local-https'],
  'scripts/doctor': [
    'src/auth',
    'src/config',
    'src/http-server/listen.ts',
    'src/http-server/listen-error.ts',
    'src/launchdarkly',
    'src/local-https',
    'scripts/registration',
    'scripts/trust',
    'src/session-store',
  ],
  'src/logging': ['src/auth/index.ts', 'src/launchdarkly/clean-text.ts'],
  'src/http-server': ['src/launchdarkly/clean-text.ts', 'src/logging'],
  'src/flow-inspector': ['src/auth/index.ts', 'src/launchdarkly'],
  'src/tutorial': ['src/flow-inspector/mask.ts'],
  'src/web': [
    'src/auth/index.ts',
    'src/config',
    'src/flow-inspector',
    'src/launchdarkly',
    'src/launchdarkly-login',
    'src/logging',
    'src/tutorial',
  ],
};

const rooms = [...foldersOf('src'), 'scripts/doctor', 'scripts/registration', 'scripts/trust'];

/** The packages that a room may import. */
const packages: Record<string, string[]> = {
  'src/auth': ['cookie', 'express', 'express-session', 'openid-client'],
  'src/launchdarkly': ['undici', 'valibot'],
  'src/launchdarkly-login': [],
  'src/sandbox': ['express', 'valibot'],
  'src/session-store': ['@redis/client', 'express-session', 'libsql', 'libsql/promise'],
  'src/config': ['dotenv', 'valibot'],
  'src/local-https': [],
  'scripts/registration': ['valibot'],
  'scripts/trust': [],
  'scripts/doctor': ['valibot'],
  'src/logging': ['express', 'pino'],
  'src/http-server': ['escape-html', 'express'],
  'src/flow-inspector': ['cookie', 'express'],
  'src/tutorial': [],
  'src/web': ['cookie', 'escape-html', 'eta', 'express', 'express-rate-limit', 'express-session', 'helmet'],
};

describe('the folders of src and scripts', () => {
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

  test.each(rooms)('%s uses only its packages', (room) => {
    const strangers = filesBelow(room).flatMap((file) =>
      specifiersOf(file)
        .filter((specifier) => !/^(\.|node:)/.test(specifier) && !packages[room]?.includes(specifier))
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(strangers).toEqual([]);
  });

  test('beside them lie only the files that start the app, which import nothing but src', () => {
    const files = filesBelow('src').filter((file) => !rooms.some((room) => file.startsWith(`${room}/`)));
    expect(['src/app.ts', 'src/serve.ts', 'src/server.ts', 'src/start-app.ts']).toEqual(expect.arrayContaining(files));
    const outside = files.flatMap(importsOf).filter((target) => !target.startsWith('src/'));
    expect(outside).toEqual([]);
  });

  test('the sandbox names no file, setting or code of the app', () => {
    const leaks = filesBelow('src/sandbox').filter((file) =>
      /\bsrc\/(?!sandbox\b)|\bLD_(OAUTH|ALLOWED|ACCOUNT)_|\bSESSION_(SECRET|STORE)\b|\bprovider_/.test(read(file)),
    );
    expect(leaks).toEqual([]);
  });

  test('src/auth and src/session-store do not know LaunchDarkly', () => {
    const files = ['src/auth', 'src/session-store'].flatMap(filesBelow);
    // The first line names the package. The key of the session is theirs: a name that no host app uses already.
    const withoutKey = (file: string) =>
      read(file)
        .replace(/^\/\/.*/, '')
        .replaceAll('launchDarklyLogin', '');
    expect(files.filter((file) => /launchdarkly|\bLD_/i.test(withoutKey(file)))).toEqual([]);
  });

  test('only scripts and tests start the sandbox', () => {
    const importers = filesBelow('src')
      .filter((file) => !file.startsWith('src/sandbox/'))
      .filter((file) => importsOf(file).some((target) => target.startsWith('src/sandbox')));
    expect(importers).toEqual([]);
  });

  test('the package of the sandbox needs what it imports and nothing else, in the version it is tested with', () => {
    const used = new Set(
      filesBelow('src/sandbox')
        .flatMap(specifiersOf)
        .filter((name) => !/^(\.|node:)/.test(name)),
    );
    const { dependencies: tested } = JSON.parse(read('package.json'));
    const { dependencies } = JSON.parse(read('src/sandbox/package.json'));
    expect(dependencies).toEqual(Object.fromEntries([...used].map((name) => [name, `^${tested[name]}`])));
  });

  test('the environment is read only in src/config, by the command of the sandbox, and before TypeScript can run', () => {
    const early = ['scripts/support/end-with-npm.mjs', 'scripts/support/environment.mjs'];
    const javaScript = files.filter((file) => /^(src|scripts)\/.*\.m?js$/.test(file));
    const readers = [...filesBelow('src'), ...filesBelow('scripts'), ...javaScript]
      .filter((file) => !file.startsWith('src/config/') && file !== 'src/sandbox/cli.ts' && !early.includes(file))
      .filter((file) =>
        /process\s*\.\s*env|process\['env'\]|\benv\b[^'\n]*from 'node:process'|\{[^}\n]*\benv\b[^}\n]*\} = process\b/.test(
          read(file),
        ),
      );
    expect(readers).toEqual([]);
  });

  test("LaunchDarkly's paths and field names stand only in src/launchdarkly and src/sandbox", () => {
    const strangers = [...filesBelow('src'), ...filesBelow('scripts')]
      .filter((file) => !/^src\/(launchdarkly|sandbox)\//.test(file))
      .filter((file) =>
        /\/trust\/oauth|\/api\/v2|['"`/](caller-identity|members\/me)['"`]|\b_(links|clientId|clientSecret|accountId|creationDate|id|pendingInvite|verified)\b|getCallerIdentity:|LD-API-Version|X-LD-|['"`/]oauth\/clients\b|\/oauth2?\/(authorize|token|revoke)\b/i.test(
          read(file),
        ),
      );
    expect(strangers).toEqual([]);
  });
});

function foldersOf(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}
