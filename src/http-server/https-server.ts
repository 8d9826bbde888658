/** An https server that takes a renewed certificate without a restart. */
import type { RequestListener } from 'node:http';
import type { Server, ServerOptions } from 'node:https';
import { createServer } from 'node:https';

/** Reads or makes the certificate to serve: key and chain as PEM. */
export type LoadCertificate = () => Promise<{ key: string; cert: string }>;

/** What happened to the certificate while the server ran. */
export type Renewal = { renewed: true } | { renewed: false; error: unknown };

/** Classes of Node's `createServer`, and how often the certificate is looked at, in milliseconds. */
export interface HttpsServerOptions extends Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  readonly everyMs?: number;
}

const EVERY_HOUR = 3_600_000;

/**
 * A server with the certificate that `load` gives, not listening yet. Every hour (`everyMs`) `load` is asked again; what has
 * changed serves new connections. When `load` fails then, the certificate in use stays. Throws what the first `load` throws.
 */
export async function createHttpsServer(
  handler: RequestListener,
  load: LoadCertificate,
  report: (renewal: Renewal) => void,
  { everyMs = EVERY_HOUR, ...options }: HttpsServerOptions = {},
): Promise<Server> {
  let { key, cert } = await load();
  const server = createServer({ ...options, key, cert }, handler);
  const renew = async () => {
    try {
      const next = await load();
      if (next.cert === cert && next.key === key) return;
      server.setSecureContext(next);
      ({ key, cert } = next);
      report({ renewed: true });
    } catch (error) {
      report({ renewed: false, error });
    }
  };
  const timer = setInterval(renew, everyMs).unref();
  server.once('close', () => clearInterval(timer));
  return server;
}
