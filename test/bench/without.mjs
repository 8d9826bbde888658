/*
 * Preloaded into the app to see what a protection costs: replaces the module that provides it by one that does nothing.
 * The app itself has no switch for that.
 */
import { register } from 'node:module';

const pass = '() => (_req, _res, next) => next()';
const replacements = {
  'rate limit': [
    '/dist/web/rate-limit.js',
    `export const createRateLimit = () => ({ middleware: (${pass})(), load: async () => {} });`,
  ],
  headers: ['/dist/web/security.js', `export * from 'REAL'; export const securityHeaders = ${pass};`],
  sealing: [
    '/dist/auth/sealer.js',
    `const unsealed = {
      seal: (text) => Buffer.from(text).toString('base64url'),
      open: (sealed) => Buffer.from(sealed, 'base64url').toString(),
    };
    export const createSealer = () => unsealed;
    export const createTokenSealer = () => unsealed;`,
  ],
};
const names = (process.env.BENCH_WITHOUT ?? '').split(',').filter(Boolean);
register('./without-hooks.mjs', import.meta.url, { data: names.map((name) => replacements[name]) });
