import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';

const styleSheet = readFileSync(new URL('../pages/sandbox.css', import.meta.url), 'utf8');

/** The one style sheet of all pages. */
export const serveStyleSheet: RequestHandler = (_req, res) => {
  res.type('css').set('Cache-Control', 'no-cache').send(styleSheet);
};
