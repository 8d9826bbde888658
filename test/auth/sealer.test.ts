import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSealer } from '../../src/auth/sealer.ts';

const secret = 'first secret of thirty-two bytes!';
const sealer = createSealer([secret], 'tests');
const bytesOf = (sealed: string) => Buffer.from(sealed, 'base64url');

test('what was sealed is opened again, in the same context', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, context) => {
      expect(sealer.open(sealer.seal(text, context), context)).toBe(text);
    }),
  );
});

test('a sealed text shows nothing, differs each time and fits into a cookie', () => {
  const [one, two] = [sealer.seal('{"access":"geheim"}', 'session'), sealer.seal('{"access":"geheim"}', 'session')];
  expect(one).not.toBe(two);
  expect(one).toMatch(/^[\w-]+$/);
  expect(bytesOf(one).toString('latin1')).not.toContain('geheim');
});

describe('it is not opened', () => {
  test('after any change to any byte', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, change) => {
        const bytes = bytesOf(sealer.seal(text, 'session'));
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ change;
        expect(sealer.open(bytes.toString('base64url'), 'session')).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test('when cut short or made longer', () => {
    const bytes = bytesOf(sealer.seal('text', 'session'));
    for (let length = 0; length < bytes.length; length++) {
      expect(sealer.open(bytes.subarray(0, length).toString('base64url'), 'session')).toBeUndefined();
    }
    const longer = Buffer.concat([bytes, Buffer.alloc(1)]);
    expect(sealer.open(longer.toString('base64url'), 'session')).toBeUndefined();
  });

  test('in another context', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        fc.pre(one !== other);
        expect(sealer.open(sealer.seal('text', one), other)).toBeUndefined();
      }),
    );
  });

  test('by a sealer for another purpose, or with another secret', () => {
    const sealed = sealer.seal('text', 'session');
    expect(createSealer([secret], 'something else').open(sealed, 'session')).toBeUndefined();
    expect(createSealer(['another secret'], 'tests').open(sealed, 'session')).toBeUndefined();
  });

  test('when it is junk', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (junk) => {
        expect(sealer.open(junk, 'session')).toBeUndefined();
      }),
    );
  });
});

describe('a secret can be replaced', () => {
  const old = sealer.seal('text', 'session');

  test('while everything sealed with an older one is opened', () => {
    const rotated = createSealer(['newest secret', 'newer secret', secret], 'tests');
    expect(rotated.open(old, 'session')).toBe('text');
  });

  test('and the newest seals', () => {
    const rotated = createSealer(['newest secret', secret], 'tests');
    const sealed = rotated.seal('text', 'session');
    expect(createSealer(['newest secret'], 'tests').open(sealed, 'session')).toBe('text');
    expect(sealer.open(sealed, 'session')).toBeUndefined();
  });

  test('until it is gone', () => {
    expect(createSealer(['newest secret', 'newer secret'], 'tests').open(old, 'session')).toBeUndefined();
  });
});
