import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { Logger } from '../logging/log.ts';
import { answerClientErrors } from './client-errors.ts';
import type { LoadCertificate, Renewal } from './https-server.ts';
import type { MessageClasses } from './message-classes.ts';
import { redirectPlainHttp } from './plain-http.ts';

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
  const { createHttpsServer } = await import('./https-server.ts');
  const renewed = (renewal: Renewal) => {
    if (renewal.renewed) logger.info({ event: 'certificate_renewed' }, 'Serving the renewed certificate');
    else logger.error({ event: 'certificate_not_renewed', error: renewal.error }, 'The old certificate stays');
  };
  const server = await createHttpsServer(handler, load, renewed, messages);
  const report = () =>
    logger.warn(
      { event: 'http_on_https_port', url: origin },
      'Plain http came to this port, which speaks https: redirected',
    );
  redirectPlainHttp(server, { origin, report });
  answerClientErrors(server);
  return server;
}
