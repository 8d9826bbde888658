import type { Server } from 'node:http';
import { createApp } from './app.ts';
import type { AppConfig } from './config/config.ts';
import { listen, stopListening } from './http-server/listen.ts';
import { type LoadCertificate, openServer } from './http-server/open-server.ts';
import type { Logger } from './logging/log.ts';
import { openSessionStore } from './session-store/open-session-store.ts';
import { loadSqlite } from './session-store/sqlite.ts';

/** An app that listens. */
export interface RunningApp {
  readonly server: Server;
  /** The port it listens on. */
  readonly port: number;
  /** Loads what the first login needs and a start does not. Rejects when it cannot be loaded. */
  preload(): Promise<void>;
  /** Makes `/readyz` answer 503. */
  announceStop(): void;
  /** Closes what the app has open besides the server. */
  close(): Promise<void>;
  /** Closes everything, the server first. */
  stop(): Promise<void>;
}

/** Where the certificate of this machine is kept, for every app in this folder. */
export const certificateDirectory = '.data/tls';

/** Opens the session store, puts the app together and listens. Makes no network call to LaunchDarkly. */
export async function startApp(config: AppConfig, logger: Logger): Promise<RunningApp> {
  const store = await openSessionStore(config.sessionStore, {
    idleMs: config.sessionIdle,
    maxMs: config.sessionMax,
    ca: config.outgoing.ca,
    report: (line) => (line.event === 'session_store_available' ? logger.info(line) : logger.error(line)),
  });
  try {
    let stopping = false;
    const app = createApp(config, { store, logger, isStopping: () => stopping });
    const server = await openServer({
      ...app,
      origin: config.redirectUri.origin,
      keepAlive: config.keepAlive,
      logger,
      loadCertificate: certificateSource(config, logger),
    });
    const port = await listen(server, config);
    const announceStop = () => {
      stopping = true;
    };
    const close = async () => {
      await app.close();
      await store.close();
    };
    const preload = async () => {
      await app.preload();
      if (config.sessionStore.startsWith('file:')) await (await loadSqlite()).preload(); // for the first sweep
    };
    const stop = () => stopListening(server).then(close);
    return { server, port, preload, announceStop, close, stop };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Where the server's certificate comes from; undefined when something else ends TLS. */
function certificateSource({ tls, redirectUri }: AppConfig, logger: Logger): LoadCertificate | undefined {
  const { hostname } = redirectUri;
  if (tls.mode === 'local') return () => certificateHere(hostname, logger);
  if (tls.mode !== 'files') return undefined;
  return async () => {
    const { givenCertificate } = await import('./local-https/certificate-from-files.ts');
    return givenCertificate({ ...tls, hostname });
  };
}

async function certificateHere(hostname: string, logger: Logger) {
  const { localCertificate } = await import('./local-https/certificate.ts');
  const pair = await localCertificate({ directory: certificateDirectory, hostnames: [hostname] });
  if (pair.notice) {
    const why = `A certificate for ${hostname} was made on this machine, because ${pair.notice}`;
    logger.info({ event: 'certificate_made' }, `${why}. Browsers warn about it until you run: npm run trust`);
  }
  return pair;
}
