import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { isLoopbackHost } from './auth/plain-http.ts';
import { loadAppConfig } from './config/config.ts';
import { isInContainer } from './config/surroundings.ts';
import { exitOnCrash, stopOnSignals } from './http-server/stop.ts';
import { tuneV8 } from './http-server/tune-v8.ts';
import { cleanLines } from './launchdarkly/clean-text.ts';
import { createLogger } from './logging/log.ts';
import { startApp } from './start-app.ts';

/** Runs the app until a signal ends it. Says on stderr why it cannot start, and exits, when it cannot. */
export async function serve(): Promise<void> {
  try {
    tuneV8();
    const config = loadAppConfig();
    const logger = createLogger({ level: config.logLevel, format: config.logFormat });
    exitOnCrash(logger);
    const app = await startApp(config, logger);
    stopOnSignals({ server: app.server, logger, onStopping: app.announceStop, close: app.close });
    const { hosts = ['all addresses'], redirectUri } = config;
    const address = hosts.join(', ');
    logger.info({ event: 'listening', url: redirectUri.site, port: app.port, address }, 'Ready');
    if (hosts.every(isLoopbackHost) && isInContainer()) {
      logger.warn(
        { event: 'loopback_only', address },
        'Nothing outside of this container can connect: set HOST=0.0.0.0',
      );
    }
    await sleep(100, undefined, { ref: false }); // the first page comes first
    // Node remembers a failed import: loaded with the first login, one moment without file descriptors would last.
    await app.preload();
  } catch (error) {
    // An error with an `exitCode` says itself what is wrong and what to do. Any other is unexpected.
    const { exitCode, message } = Object(error) as { exitCode?: unknown; message?: string };
    const expected = exitCode === 1 || exitCode === 2;
    process.stderr.write(`${cleanLines(expected ? String(message) : inspect(error))}\n`);
    process.exit(expected ? exitCode : 1);
  }
}
