import type { RequestHandler } from 'express';

const LOOPBACK = /^(localhost|([a-z0-9-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Answers only requests made to this machine by one of its loopback names. A foreign name in `Host` is DNS rebinding:
 * a web page whose own name suddenly points at 127.0.0.1 and who could then read what only you may read.
 */
export const onlyLoopbackHosts: RequestHandler = (req, res, next) => {
  if (LOOPBACK.test(req.headers.host ?? '')) return next();
  res
    .status(421)
    .type('text')
    .send(
      'This is the LaunchDarkly sandbox. It answers only to loopback names such as 127.0.0.1 and localhost.\n',
    );
};

/** Whether a server listening on `host` is reachable from this machine alone. */
export function isLoopbackAddress(host: string): boolean {
  return LOOPBACK.test(host) || host === '::1';
}
