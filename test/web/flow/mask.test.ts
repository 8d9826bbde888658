import { describe, expect, test } from '@jest/globals';
import { Masker, mask } from '../../../src/web/flow/mask.ts';

describe('a mask', () => {
  test('shows three characters and the length, so that equal secrets look equal', () => {
    expect(mask('abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE')).toBe('abc…(43)');
  });

  test('of a short secret shows nothing of it', () => {
    expect(mask('hunter2')).toBe('…(7)');
  });
});

describe('a masker', () => {
  const token = 'secret-token-0123456789';

  test.each([
    ['authorization', `Bearer ${token}`, 'Bearer sec…(23)'],
    ['Authorization', `Basic ${token}`, 'Basic sec…(23)'],
    ['authorization', token, 'sec…(23)'],
    ['cookie', `a=${token}; login.abcdefgh=x`, 'a=sec…(23); login.…(8)=…(1)'],
    ['set-cookie', `__Host-s=${token}; Path=/; HttpOnly`, '__Host-s=sec…(23); Path=/; HttpOnly'],
    ['code_verifier', token, 'sec…(23)'],
  ])('hides the value of %s', (name, value, shown) => {
    expect(new Masker().field(name, value)).toEqual({ name, value: shown, secret: true });
  });

  test('shows the code of an error in JSON, and hides the code of a login', () => {
    const masker = new Masker();
    const error = { code: 'not_found', message: 'Invalid resource identifier' };
    expect(masker.json(error)).toEqual(error);
    expect(masker.json({ code: token, state: 'x' })).toEqual({ code: 'sec…(23)', state: '…(1)' });
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
    expect(masker.text(`twice: ${odd} ${encodeURIComponent(odd)}`)).toBe('twice: a+b…(21) a+b…(21)');
    expect(
      masker.json({ error: { details: [`bad ${odd}`] }, refresh_token: token, n: 1, none: null }),
    ).toEqual({
      error: { details: ['bad a+b…(21)'] },
      refresh_token: 'sec…(23)',
      n: 1,
      none: null,
    });
  });
});
