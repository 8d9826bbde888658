import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import { viewsDirectory } from './views.ts';

/** The files in `views/assets`: where each is, and the middleware that serves them. */
export interface Assets {
  /** The URL of the file `name`; it changes whenever the file does. Throws `RangeError` for a file that is not there. */
  href(name: string): string;
  /** Answers `GET` and `HEAD` for those URLs; everything else passes. */
  middleware: RequestHandler;
}

interface Asset {
  readonly href: string;
  readonly type: string;
  /** The content in each encoding. */
  readonly body: Record<Encoding, () => Buffer | Promise<Buffer>>;
}

const encodings = ['br', 'gzip', 'identity'] as const;
type Encoding = (typeof encodings)[number];

/**
 * Reads the assets once. Their URLs carry a hash of the content, so browsers keep them for ever;
 * each is compressed when it is first asked for, once.
 */
export function createAssets(directory = path.join(viewsDirectory, 'assets'), mountPath = '/assets'): Assets {
  const assets = readdirSync(directory).map((name) => readAsset(directory, name, mountPath));
  const byName = new Map(assets);
  const byHref = new Map(assets.map(([, asset]) => [asset.href, asset]));

  return {
    href(name) {
      const asset = byName.get(name);
      if (!asset) throw new RangeError(`There is no ${name} in ${directory}.`);
      return asset.href;
    },
    middleware(request, response, next) {
      const asset = byHref.get(request.path);
      const reads = request.method === 'GET' || request.method === 'HEAD';
      return asset && reads ? sendAsset(asset, request, response) : next();
    },
  };
}

async function sendAsset(asset: Asset, request: Request, response: Response): Promise<void> {
  const encoding = encodings.find((name) => request.acceptsEncodings(name)) ?? 'identity';
  const body = await asset.body[encoding]();
  response.setHeader('Content-Type', asset.type);
  response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
  response.setHeader('Vary', 'Accept-Encoding');
  if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding);
  response.setHeader('Content-Length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const toGzip = promisify(gzip);
const toBrotli = promisify(brotliCompress);

function readAsset(directory: string, name: string, mountPath: string): [string, Asset] {
  const content = readFileSync(path.join(directory, name));
  const { name: stem, ext } = path.parse(name);
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 10);
  const body: Asset['body'] = {
    identity: () => content,
    gzip: once(() => toGzip(content, { level: 9 })),
    br: once(() => toBrotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })),
  };
  return [name, { href: `${mountPath}/${stem}.${hash}${ext}`, type: types[ext] ?? 'text/plain', body }];
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
