import { loadAppConfig } from './config/config.ts';
import { startApp } from './start-app.ts';
import { failStart } from './web/fail-start.ts';
import { createLogger } from './web/log.ts';
import { exitOnCrash, stopOnSignals } from './web/stop.ts';

try {
  const config = loadAppConfig();
  const logger = createLogger({ level: config.logLevel, format: config.logFormat });
  exitOnCrash(logger);
  const app = await startApp(config, logger);
  stopOnSignals({ server: app.server, logger, onStopping: app.announceStop, close: app.close });
  logger.info({ event: 'listening', url: config.redirectUri.origin, port: app.port }, 'Ready');
} catch (error) {
  failStart(error);
}
