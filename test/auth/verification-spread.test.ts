import { expect, test } from '@jest/globals';
import { isVerificationDue } from '../../src/auth/user-session.ts';
import { login } from '../support/sessions.ts';

const revalidateAfter = 5 * 60_000;

test('members who logged in within one second are asked about again over a minute, and none late', () => {
  const now = Date.now();
  const dueAfter = (age: number) => {
    const logins = Array.from({ length: 1000 }, (_, millisecond) => login({ verifiedAt: now - age - millisecond }));
    return logins.filter((each) => isVerificationDue(each, revalidateAfter)).length;
  };
  expect(dueAfter(0.69 * revalidateAfter)).toBe(0);
  expect(dueAfter(0.8 * revalidateAfter)).toBeGreaterThan(400);
  expect(dueAfter(0.8 * revalidateAfter)).toBeLessThan(600);
  expect(dueAfter(0.9 * revalidateAfter)).toBe(1000);
});
