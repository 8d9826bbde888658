import type { Server } from 'node:http';
import { createApp } from './app.ts';
import type { AppConfig } from './config/config.ts';
import { localCertificate } from './local-https/certificate.ts';
import { openSessionStore } from './session-store/open-session-store.ts';
import { createServer } from './web/create-server.ts';
import { listen, stopListening } from './web/listen.ts';
import type { Logger } from './web/log.ts';

/** An app that listens. */
export interface RunningApp {
  readonly server: Server;
  /** The port it listens on. */
  readonly port: number;
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
  const lifetimes = { idleMs: config.sessionIdle, maxMs: config.sessionMax };
  const store = await openSessionStore(config.sessionStore, lifetimes);
  try {
    let stopping = false;
    const app = createApp(config, { store, logger, isStopping: () => stopping });
    const server = await createServer(app.handler, config, () =>
      localCertificate({ directory: certificateDirectory, hostnames: [config.redirectUri.hostname] }),
    );
    const port = await listen(server, config);
    const announceStop = () => {
      stopping = true;
    };
    const close = async () => {
      await app.close();
      await store.close();
    };
    return { server, port, announceStop, close, stop: () => stopListening(server).then(close) };
  } catch (error) {
    await store.close();
    throw error;
  }
}
