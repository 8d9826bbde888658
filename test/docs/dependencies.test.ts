import { expect, test } from '@jest/globals';
import { dependencyTable } from '../support/dependencies.ts';
import { read } from '../support/documents.ts';

const { packages } = JSON.parse(read('package-lock.json'));

test('docs/dependencies.md names every production dependency and its licence', () => {
  const names = Object.keys(JSON.parse(read('package.json')).dependencies);
  const expected = names.map((name) => [name, packages[`node_modules/${name}`].license]);
  expect(
    dependencyTable()
      .map(({ name, licence }) => [name, licence])
      .sort(),
  ).toEqual(expected.sort());
});

test('the lock file says which C library a binary of libsql is for, so that only one is installed', () => {
  const binaries = Object.keys(packages).filter((place) => place.startsWith('node_modules/@libsql/linux-'));
  expect(binaries.length).toBeGreaterThan(1);
  for (const place of binaries) {
    expect([place, packages[place].libc]).toEqual([place, [place.includes('musl') ? 'musl' : 'glibc']]);
  }
});
