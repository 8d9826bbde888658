import type { RequestHandler } from 'express';

const LOOPBACK = /^(localhost|([a-z0-9-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Answers only requests made to one of this machine's loopback names, or to the public URL that the sandbox was told. A
 * foreign name in `Host` is DNS rebinding: a web page whose own name suddenly points at 127.0.0.1, and which could then
 * read what only you may read.
 */
export const onlyLoopbackHosts: RequestHandler = (req, res, next) => {
  const host = req.headers.host ?? '';
  const publicUrl: unknown = req.app.get('publicUrl');
  const isPublic = typeof publicUrl === 'string' && new URL(publicUrl).host === host.toLowerCase();
  if (LOOPBACK.test(host) || isPublic) return next();
  res
    .status(421)
    .type('text')
    .send(
      'This is the LaunchDarkly sandbox. It answers to loopback names such as 127.0.0.1 and localhost, and to its public URL.\n',
    );
};

/** Whether a server listening on `host` can be reached from this machine only. */
export function isLoopbackAddress(host: string): boolean {
  return LOOPBACK.test(host) || host === '::1';
}
