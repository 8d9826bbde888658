import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import https from 'node:https';
import type { Logger } from '../logging/log.ts';
import { answerClientErrors } from './client-errors.ts';
import type { MessageClasses } from './message-classes.ts';
import { redirectPlainHttp } from './plain-http.ts';

/** Reads or makes the certificate to serve: key and chain as PEM. */
export type LoadCertificate = () => Promise<{ key: string; cert: string }>;

/** What a server is made of. */
export interface ServerParts {
  readonly handler: RequestListener;
  readonly messages: MessageClasses;
  /** The public origin: where plain http on an https port is sent to. */
  readonly origin: string;
  /** Milliseconds that an idle connection stays open. */
  readonly keepAlive: number;
  readonly logger: Logger;
  /** With it the server speaks https, without it http. */
  readonly loadCertificate: LoadCertificate | undefined;
}

/** A server that does not listen yet. Throws what `loadCertificate` throws. */
export async function openServer(parts: ServerParts): Promise<Server> {
  const server = parts.loadCertificate ? await overTls(parts, parts.loadCertificate) : overHttp(parts);
  // Since Node.js 18 `headersTimeout` counts from the first byte of a request, so it may stay below this.
  server.keepAliveTimeout = parts.keepAlive;
  return server;
}

function overHttp({ handler, messages, logger }: ServerParts): Server {
  const server = createServer(messages, handler);
  answerClientErrors(server, {
    onTls: () =>
      logger.warn({ event: 'tls_on_http_port' }, 'Somebody speaks https to this port, which speaks http: TLS'),
  });
  return server;
}

async function overTls({ handler, messages, origin, logger }: ServerParts, load: LoadCertificate): Promise<Server> {
  const server = await createHttpsServer(handler, load, logger, messages);
  const report = () =>
    logger.warn(
      { event: 'http_on_https_port', url: origin },
      'Plain http came to this port, which speaks https: redirected',
    );
  redirectPlainHttp(server, { origin, report });
  answerClientErrors(server);
  return server;
}

/**
 * An https server that takes a renewed certificate without a restart. Every hour (`everyMs`) `load` is asked again; what
 * has changed serves new connections. When `load` fails then, the certificate in use stays. Throws what the first `load`
 * throws.
 */
export async function createHttpsServer(
  handler: RequestListener,
  load: LoadCertificate,
  logger: Pick<Logger, 'info' | 'error'>,
  { everyMs = 3_600_000, ...messages }: Partial<MessageClasses> & { everyMs?: number } = {},
): Promise<https.Server> {
  let { key, cert } = await load();
  const server = https.createServer({ ...messages, key, cert }, handler);
  const renew = async () => {
    try {
      const next = await load();
      if (next.cert === cert && next.key === key) return;
      server.setSecureContext(next);
      ({ key, cert } = next);
      logger.info({ event: 'certificate_renewed' }, 'Serving the renewed certificate');
    } catch (error) {
      logger.error({ event: 'certificate_not_renewed', error }, 'The old certificate stays');
    }
  };
  const timer = setInterval(renew, everyMs).unref();
  server.once('close', () => clearInterval(timer));
  return server;
}
