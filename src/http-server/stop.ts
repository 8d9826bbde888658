/** Shuts the process down gracefully on a signal, and at once after an unhandled error. */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '../logging/log.ts';
import { stopListening } from './listen.ts';

export interface StopOptions {
  /** An http or https server that `listen` has opened. */
  server: Server;
  logger: Logger;
  /** Called first: readiness turns false here. */
  onStopping: () => void;
  /** Called last: closes the session store and everything else that is open. */
  close: () => Promise<void>;
  /** Milliseconds from the signal to the end of the process, even if requests still run. 10,000 by default. */
  timeoutMs?: number;
}

/**
 * Requests are served for twice this long: before the port is closed, so that load balancers see that readiness is false;
 * and after it, so that clients with an open connection are told `Connection: close`.
 */
const GRACE_MS = 250;
/** With a constant stream of new connections the accept queue may never be empty; the port is then closed anyway. */
const MAX_QUEUE_MS = 1_000;
/** Reserved for closing the store after the remaining requests were aborted. */
const CLOSING_MS = 1_000;
/** A terminal sends Ctrl-C to npm and to the app, and npm forwards it: both signals are the same Ctrl-C. */
const SAME_CTRL_C_MS = 200;

/**
 * On SIGTERM or SIGINT: stops accepting connections, lets running requests finish, closes everything and exits with 0
 * within `timeoutMs`. A second signal exits at once, with 128 plus the signal's number.
 */
export function stopOnSignals(options: StopOptions): void {
  const connections = followConnections(options.server);
  let stoppingSince: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stoppingSince === undefined) {
        stoppingSince = Date.now();
        void stop(signal, connections, options);
      } else if (signal !== 'SIGINT' || Date.now() - stoppingSince > SAME_CTRL_C_MS) {
        options.logger.warn({ event: 'stopped_at_once', signal }, 'Second signal: stopping at once');
        process.exit(128 + constants.signals[signal]);
      }
    });
  }
}

/** After an unhandled error the state of the process is unknown: it logs the error and exits with 1. */
export function exitOnCrash(logger: Logger): void {
  const crash = (event: string) => (error: unknown) => {
    logger.fatal({ event, error }, 'Unhandled error: exiting');
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
  if (connections.open.all().length > 0) await delay(GRACE_MS);
  await connections.queueEmpty(Date.now() + MAX_QUEUE_MS);
  const ended = stopListening(server);
  connections.closeAfterAnswer();
  if (connections.open.all().length > connections.running.all().length) await delay(GRACE_MS);
  connections.cutIdle();
  if (!(await within(deadline - CLOSING_MS, ended))) {
    logger.warn(
      { event: 'requests_cut', count: connections.running.all().length },
      'Requests were still running and are aborted',
    );
    server.closeAllConnections();
  }
  try {
    const closed = await within(deadline - 200, close());
    if (!closed) logger.error({ event: 'close_timed_out' }, 'Something took too long to close');
  } catch (error) {
    logger.error({ event: 'close_failed', error }, 'Something could not be closed');
  }
  logger.info({ event: 'stopped' }, 'Stopped');
  process.exit(0);
}

type Connections = ReturnType<typeof followConnections>;

/**
 * Node counts a connection without a request yet as busy, and browsers open such connections in advance: so connections
 * are counted here.
 */
function followConnections(server: Server) {
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
    if (cutting) setTimeout(cutIdle, GRACE_MS); // its TLS handshake was running when the port was closed
  });
  server.prependListener('request', ({ socket }, res) => {
    if (stopping) res.shouldKeepAlive = false;
    const finish = running.add(res);
    res.on('close', () => {
      finish();
      if (cutting) socket.end(); // its response was sent with keep-alive before the stop
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
    /** Resolves when no connection waits to be accepted: closing the port would reset it. */
    async queueEmpty(deadline: number) {
      for (let before = -1; before !== accepted && Date.now() < deadline; ) {
        before = accepted; // Node accepts at least one connection in each turn of the event loop
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

/**
 * The current members of a group that changes all the time. Instead of a `Set`: V8 links the tables that a growing Set
 * has replaced, so once one of them is in the old generation, everything that was ever in it stays in memory until the
 * next full collection.
 */
export function createRoster<T>() {
  const entries: { member: T; place: number }[] = [];
  return {
    /** Returns a function that removes `member`; call it once. */
    add(member: T) {
      const entry = { member, place: entries.length };
      entries.push(entry);
      return () => {
        const last = entries.pop();
        if (!last || last === entry) return;
        last.place = entry.place;
        entries[last.place] = last;
      };
    },
    /** All members, in no order. */
    all() {
      return entries.map(({ member }) => member);
    },
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
