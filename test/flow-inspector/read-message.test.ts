import { expect, test } from '@jest/globals';
import { backChannelMessage } from '../../src/flow-inspector/messages.ts';

const token = 'ld-access-00112233445566778899aabbccddeeff';

/** What the flow inspector keeps of a body that it sees for the first time. */
const kept = (body: string) =>
  JSON.stringify(
    backChannelMessage({
      request: { method: 'GET', url: 'http://127.0.0.1:4000', headers: {} },
      response: { status: 502, headers: {}, body },
      startedAt: 0,
      durationMs: 0,
    }),
  );

test.each([
  ['a page', `<h1>Bad gateway</h1><p>The answer was ${token}</p>`],
  ['a form', `access_token=${token}&token_type=Bearer`],
  ['JSON that was cut off', `{"access_token":"${token}","token_ty`],
  ['a JSON string', JSON.stringify(token)],
  ['JSON too long to be read', JSON.stringify({ access_token: token, padding: 'x y '.repeat(20_000) })],
  ['a token with every character of Base64', '<p>YWJjZGVmZ2hpamtsbW5vcHFy+/~_-c3R1dnd4==</p>'],
])('a secret in %s, where no name tells it, is hidden', (_, body) => {
  const secret = body.includes(token) ? token : 'YWJjZGVmZ2hpamtsbW5vcHFy+/~_-c3R1dnd4==';
  const shown = kept(body);
  expect(shown).not.toContain(secret);
  expect(shown).not.toContain(secret.slice(0, 12));
});

test('the words of a page stay readable', () => {
  expect(kept('<h1>Bad gateway</h1>')).toContain('<h1>Bad gateway</h1>');
});
