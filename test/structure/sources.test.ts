import { expect, test } from '@jest/globals';
import { read } from '../support/documents.ts';
import { filesBelow, importsOf } from '../support/imports.ts';

const everything = [...filesBelow('src'), ...filesBelow('scripts')];
const app = filesBelow('src').filter((file) => !file.startsWith('src/sandbox/'));

test('no file imports itself, not through others and not for a type', () => {
  expect(circlesIn(new Map(everything.map((file) => [file, importsOf(file)])))).toEqual([]);
});

test('the search for circles finds one, and what hangs on it is none', () => {
  const imports = { a: ['b'], b: ['c', 'd'], c: ['a'], d: [], e: ['a'] };
  expect(circlesIn(new Map(Object.entries(imports)))).toEqual(['a > b > c > a']);
});

/**
 * An import that waits for its first use fails when the process has run out of file descriptors, and Node remembers the
 * failure. So these are few, and `preload` in src/start-app.ts runs those that a request can meet.
 */
const lazy = new Map([
  ['src/launchdarkly/http/http.ts', ['./dispatcher.ts']],
  ['src/session-store/open-session-store.ts', ['./redis-backend.ts', './redis-connection.ts']],
  ['src/session-store/sqlite.ts', ['libsql', 'libsql/promise']],
  ['src/session-store/redis-connection.ts', ['./redis-servers.ts', 'node:tls']],
  ['src/server.ts', ['./serve.ts']],
  ['src/start-app.ts', ['./local-https/certificate-from-files.ts', './local-https/certificate.ts']],
  ['src/web/rate-limit.ts', ['express-rate-limit']],
]);

test('the app imports lazily only what is listed here', () => {
  const others = app.flatMap((file) =>
    [...read(file).matchAll(/\bimport\(\s*['"`]?([^'"`)]*)/g)]
      .map(([, specifier = '']) => specifier)
      .filter((specifier) => !lazy.get(file)?.includes(specifier))
      .map((specifier) => `${file} imports ${specifier}`),
  );
  expect(others).toEqual([]);
});

test('the app is small enough to be read: at most 113 files and 11,930 lines', () => {
  const lines = new Map(app.map((file) => [file, read(file).split('\n').length - 1]));
  const total = [...lines.values()].reduce((sum, count) => sum + count, 0);
  console.log(`src without the sandbox: ${app.length} files, ${total} lines`);
  expect(app.length).toBeLessThanOrEqual(113);
  expect(total).toBeLessThanOrEqual(11_930);
});

test('no file of src is longer than 250 lines below the line with its version', () => {
  const long = filesBelow('src').filter(
    (file) =>
      read(file)
        .replace(/^\/\/ .*\n/, '')
        .split('\n').length > 251,
  );
  expect(long.filter((file) => file !== 'src/web/failures.ts')).toEqual([]); // a table
});

/** Every circle once, from the file that comes first by name, as `a > b > a`. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles = new Set<string>();
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]) => {
    const at = trail.indexOf(file);
    if (at >= 0) return void circles.add(fromFirst(trail.slice(at)));
    if (finished.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...trail, file]);
    finished.add(file);
  };
  for (const file of [...imports.keys()].sort()) visit(file, []);
  return [...circles].sort();
}

function fromFirst(circle: readonly string[]): string {
  const first = circle.indexOf([...circle].sort()[0] ?? '');
  const turned = [...circle.slice(first), ...circle.slice(0, first)];
  return [...turned, turned[0]].join(' > ');
}

test('every file of src/auth begins with its version and licence, for those who copy it', () => {
  const { name, version, license } = JSON.parse(read('package.json'));
  const others = filesBelow('src/auth').filter(
    (file) => !read(file).startsWith(`// ${name} ${version}, ${license} License\n`),
  );
  expect(others).toEqual([]);
});
