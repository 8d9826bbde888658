import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, loadAppConfig } from '../../src/config/config.ts';
import { looksRandom } from '../../src/config/session-secret.ts';

describe('random secrets are accepted:', () => {
  test.each<[string, () => string]>([
    ['32 bytes in base64url, as bootstrap makes them', () => randomBytes(32).toString('base64url')],
    ['32 bytes in base64', () => randomBytes(32).toString('base64')],
    ['32 bytes in hex', () => randomBytes(32).toString('hex')],
    ['32 bytes in capital hex', () => randomBytes(32).toString('hex').toUpperCase()],
    ['64 bytes in base64', () => randomBytes(64).toString('base64')],
    ['64 bytes in hex', () => randomBytes(64).toString('hex')],
    ['two UUIDs', () => `${randomUUID()}${randomUUID()}`],
    ['three UUIDs', () => [randomUUID(), randomUUID(), randomUUID()].join('-')],
  ])('%s', (_name, make) => {
    for (let round = 0; round < 500; round++) {
      const secret = make();
      if (!looksRandom(secret)) throw new Error(`refused: ${secret}`);
    }
  });
});

describe('what somebody made up is refused:', () => {
  test.each([
    'passwordpasswordpassword1234passwordpassword',
    'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
    'zyxwvutsrqponmlkjihgfedcbazyxwvutsrqponmlkjihgfedcba',
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
    '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    'deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
    'a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6',
    'AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKKKLLLLMMMM',
    'qwertyuiopasdfghjklzxcvbnm1234567890QWERTYUIOPASD',
    '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p1qaz2wsx3edc4rfv',
    'this is a very long sentence that nobody would ever guess',
    'ThisIsAVeryLongSentenceThatNobodyWouldEverGuess',
    'TheQuickBrownFoxJumpsOverTheLazyDogAndRunsAway',
    'itwasthebestoftimesitwastheworstoftimesitwastheage',
    'correct-horse-battery-staple-trombone-window-lamp-carpet',
    'my_super_secret_session_secret_for_launchdarkly_production',
    'LoremIpsumDolorSitAmetConsecteturAdipiscingElit',
    'January1February2March3April4May5June6July7August8',
    'P4ssw0rd!P4ssw0rd!P4ssw0rd!P4ssw0rd!P4ssw0rd!',
    'Lk7pLk7pLk7pLk7pLk7pLk7pLk7pLk7pLk7pLk7pLk7p',
    'qT7vXw0c4mS9yLr2Kd8ZpqT7vXw0c4mS9yLr2Kd8Zpq',
    'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWi',
  ])('%s', (secret) => {
    expect(looksRandom(secret)).toBe(false);
    expect(() => load(secret)).toThrow(ConfigError);
    expect(() => load(secret)).toThrow(/SESSION_SECRET .*randomBytes\(32\)/s);
    expect(() => load(secret)).not.toThrow(new RegExp(secret));
  });

  test('also as the older of two', () => {
    expect(() => load(`${randomBytes(32).toString('hex')},${'secret'.repeat(9)}`)).toThrow(ConfigError);
  });
});

function load(secret: string) {
  const env = {
    LD_OAUTH_CLIENT_ID: 'id-of-the-client',
    LD_OAUTH_CLIENT_SECRET: 'wq8Zp3Lr7Vd1Kx5Nc9Bm2Hs6',
    LD_ACCOUNT_ID: '569f514183f2164430000002',
    SESSION_SECRET: secret,
  };
  return loadAppConfig({ env, envFile: null });
}
