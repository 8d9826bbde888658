import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folder = mkdtempSync(path.join(tmpdir(), 'login-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

export default {
  name: 'ours',
  title: 'this app: Express 5 + openid-client 6 + express-session, everything switched on',
  store: 'SQLite file',
  start: {
    command: 'sh',
    args: ['-c', `exec node --enable-source-maps dist/server.js >>${folder}/{port}.log`],
    cwd: '../..',
    env: {
      LD_BASE_URI: '{as}',
      LD_OAUTH_CLIENT_ID: '{clientId}',
      LD_OAUTH_CLIENT_SECRET: '{clientSecret}',
      LD_OAUTH_REDIRECT_URI: '{origin}/auth/callback',
      LD_ALLOWED_ACCOUNTS: '00000000000000000000acc0',
      SESSION_SECRET: randomBytes(32).toString('base64url'),
      SESSION_STORE: `file:${folder}/{port}.db`,
      TLS: 'proxy',
      HOST: '127.0.0.1',
      FLOW_INSPECTOR: 'off',
      RATE_LIMIT: '999999999',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
    },
  },
  headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.7' },
  login: { path: '/auth/login' },
  logout: { method: 'POST', path: '/auth/logout' },
  mePath: '/api/me',
};
