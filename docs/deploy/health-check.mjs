// For HEALTHCHECK in the image: asks the app by the settings that the app itself has. Exit code 0 when it answers.
import http from 'node:http';
import https from 'node:https';
import { loadAppConfig } from './dist/config/config.js';

const { hosts, port, tls } = loadAppConfig();
const { get } = tls.mode === 'local' || tls.mode === 'files' ? https : http;

get({ host: hosts?.[0] ?? '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false, timeout: 2_000 }, (answer) =>
  process.exit(answer.statusCode === 200 ? 0 : 1),
)
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
