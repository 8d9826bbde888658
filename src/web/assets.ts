import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RequestHandler } from 'express';
import express from 'express';
import { viewsDirectory } from './views.ts';

/** The files in `views/assets`. */
export interface Assets {
  /** The URL of the file `name`; it changes when the file does. Throws `RangeError` for a file that does not exist. */
  href(name: string): string;
  /** Serves the files below `/assets`. */
  middleware: RequestHandler;
}

/**
 * Hashes the files once. A URL with the current hash may be cached forever. With another hash, which an instance of
 * another version has put into a page, the file is served but not kept.
 */
export function createAssets(directory = path.join(viewsDirectory, 'assets')): Assets {
  const hashes = new Map(readdirSync(directory).map((name) => [name, hashOf(path.join(directory, name))]));
  const files = express.static(directory, {
    index: false,
    redirect: false,
    setHeaders(res, file) {
      if (/\.tsx?$/.test(file)) res.type('text'); // sources to read; .ts is otherwise a video
      const isCurrent = res.req.query.v === hashes.get(path.basename(file));
      res.set('Cache-Control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return {
    href(name) {
      const hash = hashes.get(name);
      if (!hash) throw new RangeError(`There is no ${name} in ${directory}.`);
      return `/assets/${name}?v=${hash}`;
    },
    middleware: express.Router().use('/assets', files),
  };
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('base64url').slice(0, 10);
}
