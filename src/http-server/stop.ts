/** Stops the process gracefully when it is told to, and at once when it is broken. */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '../logging/log.ts';
import { stopListening } from './listen.ts';
import type { Roster } from './roster.ts';
import { createRoster } from './roster.ts';

export interface StopOptions {
  /** An http or https server that `listen` has opened. */
  server: Server;
  logger: Logger;
  /** Called first: readiness turns false here. */
  onStopping: () => void;
  /** Called last: closes the session store and whatever else is open. */
  close: () => Promise<void>;
  /** Milliseconds from the signal to the end of the process, whatever still runs. 10 000 by default. */
  timeoutMs?: number;
}

/**
 * Twice this long connections are still served: first while load balancers learn that readiness is false, then, with the
 * doors closed, so that clients in the middle of asking learn by `Connection: close` that they must go elsewhere.
 */
const LAME_DUCK_MS = 250;
/** Under constant arrivals the queue of new connections may never be empty; then the doors close all the same. */
const MAX_QUEUE_MS = 1_000;
/** What is kept of the time for closing the store after running requests were cut. */
const CLOSING_MS = 1_500;
/** `npm` passes a Ctrl-C on that the terminal has sent to everybody already: that is one, not two. */
const SAME_CTRL_C_MS = 200;

/**
 * On SIGTERM or SIGINT: stops taking connections, lets running requests finish, closes what is open and exits 0 within
 * `timeoutMs`. A second signal exits at once, with 128 plus the signal's number.
 */
export function stopOnSignals(options: StopOptions): void {
  const connections = followConnections(options.server);
  let stoppingSince: number | undefined;
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(signal, () => {
      if (stoppingSince === undefined) {
        stoppingSince = Date.now();
        void stop(signal, connections, options);
      } else if (signal !== 'SIGINT' || Date.now() - stoppingSince > SAME_CTRL_C_MS) {
        options.logger.warn({ event: 'stopped_at_once', signal }, 'Told to stop a second time: stopping at once');
        process.exit(128 + number);
      }
    });
  }
}

/** After an error that nobody handled the state of the process is unknown: the reason is logged, and it exits with 1. */
export function exitOnCrash(logger: Logger): void {
  const crash = (event: string) => (error: unknown) => {
    logger.fatal({ event, error }, 'An error that nobody handled: exiting');
    process.exit(1);
  };
  process.on('uncaughtException', crash('uncaught_exception'));
  process.on('unhandledRejection', crash('unhandled_rejection'));
}

async function stop(signal: string, connections: Connections, options: StopOptions): Promise<void> {
  const { server, logger, onStopping, close, timeoutMs = 10_000 } = options;
  const deadline = Date.now() + timeoutMs;
  logger.info(
    { event: 'stopping', signal, count: connections.running.all().length },
    'Stopping: running requests finish first',
  );
  onStopping();
  if (connections.open.all().length > 0) await delay(LAME_DUCK_MS);
  await connections.queueEmpty(Date.now() + MAX_QUEUE_MS);
  const ended = stopListening(server);
  connections.closeAfterAnswer();
  if (connections.open.all().length > connections.running.all().length) await delay(LAME_DUCK_MS);
  connections.cutIdle();
  if (!(await within(deadline - CLOSING_MS, ended))) {
    logger.warn(
      { event: 'requests_cut', count: connections.running.all().length },
      'Requests were still running and are cut',
    );
    server.closeAllConnections();
  }
  const closed = await within(
    deadline - 200,
    close().then(() => true),
  ).catch((error: unknown) => {
    logger.error({ event: 'close_failed', error }, 'Something could not be closed');
    return true;
  });
  if (!closed) logger.error({ event: 'close_timed_out' }, 'Something took too long to close');
  logger.info({ event: 'stopped' }, 'Stopped');
  process.exit(0);
}

interface Connections {
  readonly open: Roster<Socket>;
  readonly running: Roster<ServerResponse>;
  /** Resolves when no connection waits to be accepted: closing the doors would reset those. */
  queueEmpty(deadline: number): Promise<void>;
  closeAfterAnswer(): void;
  cutIdle(): void;
}

/** Node counts a connection that has not asked anything yet as busy; browsers open such ones in advance. So count here. */
function followConnections(server: Server): Connections {
  const open = createRoster<Socket>();
  const running = createRoster<ServerResponse>();
  let stopping = false;
  let cutting = false;
  let accepted = 0;
  server.on('connection', () => {
    accepted += 1;
  });
  const isTls = server.listenerCount('secureConnection') > 0;
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.once('close', open.add(socket));
    if (cutting) setTimeout(cutIdle, LAME_DUCK_MS); // its TLS handshake was under way when the doors closed
  });
  server.prependListener('request', ({ socket }, res) => {
    if (stopping) res.shouldKeepAlive = false;
    const finish = running.add(res);
    res.on('close', () => {
      finish();
      if (cutting) socket.end(); // its header had promised keep-alive before the stop
    });
  });
  const cutIdle = () => {
    cutting = true;
    const busy = new Set(running.all().map((res) => res.socket));
    for (const socket of open.all()) if (!busy.has(socket)) socket.destroy();
  };
  return {
    open,
    running,
    async queueEmpty(deadline) {
      for (let before = -1; before !== accepted && Date.now() < deadline; ) {
        before = accepted; // Node accepts at least one waiting connection in every turn of its event loop
        await turn();
      }
    },
    closeAfterAnswer() {
      stopping = true;
      for (const res of running.all()) res.shouldKeepAlive = false;
    },
    cutIdle,
  };
}

/** Whether `task` ended before `deadline` (epoch milliseconds). */
async function within(deadline: number, task: Promise<unknown>): Promise<boolean> {
  const late = new AbortController();
  const tooLate = delay(Math.max(0, deadline - Date.now()), false, { signal: late.signal }).catch(() => false);
  const result = await Promise.race([task.then(() => true), tooLate]);
  late.abort();
  return result;
}
