import type { Request } from 'express';
import { firstHeader } from './headers.ts';

/**
 * The URL under which this request reached the sandbox, without a trailing slash: the public URL when the sandbox was
 * told one, else what the connection, `Host` and, behind a proxy that ends TLS, `X-Forwarded-Proto` say.
 */
export function baseUrl(req: Request): string {
  const publicUrl: unknown = req.app.get('publicUrl');
  if (typeof publicUrl === 'string') return publicUrl;
  const forwarded = firstHeader(req, 'x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase();
  return `${req.secure || forwarded === 'https' ? 'https' : 'http'}://${req.headers.host}`;
}
