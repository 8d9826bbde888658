import { describe, expect, test } from '@jest/globals';
import { Masker, mask } from '../../src/flow-inspector/mask.ts';

describe('a mask', () => {
  test('shows three characters, the length and a fingerprint', () => {
    expect(mask('abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE')).toMatch(/^abc…\(43\)·[0-9a-f]{6}$/);
  });

  test('of a short secret shows nothing of it but its length', () => {
    expect(mask('hunter2')).toMatch(/^…\(7\)·[0-9a-f]{6}$/);
  });

  test('is the same for equal secrets and another for secrets that begin alike and are as long', () => {
    expect(mask('sandbox-secret-0123456789')).toBe(mask('sandbox-secret-0123456789'));
    expect(mask('sandbox-secret-0123456789')).not.toBe(mask('sandbox-secret-0123456780'));
  });
});

describe('a masker', () => {
  const token = 'secret-token-0123456789';
  const masked = mask(token);

  test.each([
    ['authorization', `Bearer ${token}`, `Bearer ${masked}`],
    ['Authorization', `Basic ${token}`, `Basic ${masked}`],
    ['authorization', token, masked],
    ['cookie', `a=${token}; login.abcdefgh=x`, `a=${masked}; login.${mask('abcdefgh')}=${mask('x')}`],
    ['cookie', `login.0=${token}`, `login.0=${masked}`],
    ['set-cookie', `__Host-s=${token}; Path=/; HttpOnly`, `__Host-s=${masked}; Path=/; HttpOnly`],
    ['code_verifier', token, masked],
  ])('hides the value of %s', (name, value, shown) => {
    expect(new Masker().field(name, value)).toEqual({ name, value: shown, secret: true });
  });

  test('shows the code of an error in JSON, and hides the code of a login', () => {
    const masker = new Masker();
    const error = { code: 'not_found', message: 'Invalid resource identifier' };
    expect(masker.json(error)).toEqual(error);
    expect(masker.json({ code: token, state: 'x' })).toEqual({ code: masked, state: mask('x') });
  });

  test('leaves what is no secret as it is, and cuts what is long', () => {
    const masker = new Masker();
    expect(masker.field('scope', 'reader writer')).toEqual({
      name: 'scope',
      value: 'reader writer',
      secret: false,
    });
    expect(masker.field('returnTo', `/${'x'.repeat(1000)}`).value).toHaveLength(507);
  });

  test('hides a secret once seen wherever it turns up again, encoded or not, at any depth', () => {
    const masker = new Masker();
    const odd = 'a+b/c=d&e f0123456789';
    masker.field('client_secret', odd);
    expect(masker.text(`twice: ${odd} ${encodeURIComponent(odd)}`)).toBe(`twice: ${mask(odd)} ${mask(odd)}`);
    expect(masker.json({ error: { details: [`bad ${odd}`] }, refresh_token: token, n: 1, none: null })).toEqual({
      error: { details: [`bad ${mask(odd)}`] },
      refresh_token: masked,
      n: 1,
      none: null,
    });
  });
});
