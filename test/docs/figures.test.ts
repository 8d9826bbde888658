import { expect, test } from '@jest/globals';
import { read } from '../support/documents.ts';

/** Numbers and defaults in sentences, each with the line of code that makes it true. */
const figures: readonly [document: string, sentence: string, file: string, code: string][] = [
  ['README.md', 'Node.js 20.19 or later', 'package.json', '"node": ">=20.19"'],
  [
    'docs/settings.md',
    '| `SESSION_IDLE`, `SESSION_MAX` | `8h`, `7d` |',
    'src/config/config.ts',
    "value.duration('8h')",
  ],
  [
    'docs/settings.md',
    '| `SESSION_IDLE`, `SESSION_MAX` | `8h`, `7d` |',
    'src/config/config.ts',
    "value.duration('7d')",
  ],
  ['docs/settings.md', '| `SESSION_REVALIDATE` | `5m` |', 'src/config/config.ts', "value.duration('5m')"],
  [
    'docs/settings.md',
    '| `SESSION_STORE` | `file:.data/sessions.db` |',
    'src/config/config.ts',
    "'file:.data/sessions.db'",
  ],
  ['docs/settings.md', '| `LD_OAUTH_SCOPE` | `reader` |', 'src/config/config.ts', "value.scope, 'reader'"],
  [
    'docs/settings.md',
    '| `LD_OAUTH_CLIENT_AUTH` | `post` |',
    'src/config/config.ts',
    "value.oneOf('post', 'basic'), 'post'",
  ],
  ['docs/settings.md', '| `LD_OAUTH_PKCE` | `on` |', 'src/config/config.ts', "'LD_OAUTH_PKCE', value.onOff, true"],
  ['docs/settings.md', '| `RATE_LIMIT` | `300` |', 'src/config/config.ts', "'RATE_LIMIT', value.count, 300"],
  [
    'docs/troubleshooting.md',
    'More than ten minutes passed',
    'src/auth/login-transaction.ts',
    'const lifetime = 10 * 60_000;',
  ],
  [
    'docs/troubleshooting.md',
    'Two logins succeeded within a minute',
    'src/auth/login-loop-guard.ts',
    'const countMaxAge = 60_000;',
  ],
  ['docs/troubleshooting.md', 'did not answer within eight seconds', 'src/app.ts', 'const callLimit = 8_000;'],
  ['docs/testing.md', 'good for an hour', 'src/auth/mint-session.ts', 'expiresAt: now + 3_600_000'],
  ['docs/testing.md', '(five minutes unless you say otherwise)', 'src/auth/index.ts', 'revalidateAfter = 5 * 60_000'],
  ['docs/sandbox-reference.md', 'The last 500 requests', 'src/sandbox/ledger/ledger.ts', 'const LONGEST = 500;'],
  ['docs/commands.md', 'default 4000, or `SANDBOX_PORT`', 'src/sandbox/start-sandbox.ts', 'port = 4000'],
];

test.each(figures)('%s says "%s", and %s agrees', (document, sentence, file, code) => {
  expect(read(document)).toContain(sentence);
  expect(read(file).includes(code) ? code : `${file} does not hold it any more`).toBe(code);
});
