import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Program } from '../support/program.ts';
import { runProgram } from '../support/program.ts';
import { beforeDeadline } from '../support/until.ts';

const src = (file: string) => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);
let program: Program;

afterEach(() => void program.child.kill('SIGKILL'));

describe('on SIGTERM', () => {
  test('readiness turns false, running requests finish, what is open is closed, and it exits 0', async () => {
    const port = await start();
    const slow = ask(port, '/slow');
    await program.prints(/asked \/slow/);
    program.child.kill('SIGTERM');
    await program.prints(/not ready/);
    ask(port, '/release').catch(() => undefined);
    const answer = await slow;
    expect(answer.body).toBe('released');
    expect(answer.headers.connection).toBe('close');
    expect(await program.ended).toBe(0);
    expect(program.stdout).toMatch(/stopping.*not ready.*store closed.*stopped/s);
  });

  test('an idle connection, and one that never asked anything, do not hold it up', async () => {
    const port = await start();
    const agent = new Agent({ keepAlive: true });
    await ask(port, '/', agent);
    const silent = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(silent, 'connect');
    const stopped = stopNow();
    expect(await stopped).toEqual([0, expect.any(Number)]);
    expect((await stopped)[1]).toBeLessThan(2000);
    agent.destroy();
  });

  test('an answer that had promised keep-alive is completed, and its connection ends with it', async () => {
    const port = await start();
    const agent = new Agent({ keepAlive: true });
    const answer = ask(port, '/begun', agent);
    await program.prints(/asked \/begun/);
    const stopped = stopNow();
    expect((await answer).body).toBe('beginning and end');
    expect((await stopped)[1]).toBeLessThan(3000);
    agent.destroy();
  });

  test('under load every request that was accepted is answered', async () => {
    const port = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const lost: unknown[] = [];
    let answered = 0;
    const client = async () => {
      while (answered < 100_000) {
        try {
          const { status } = await ask(port, '/', agent);
          if (status === 200) answered += 1;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') lost.push(error);
          return;
        }
        if (answered === 300) program.child.kill('SIGTERM');
      }
    };
    await beforeDeadline(15_000, 'for the process to stop', () => Promise.all(Array.from({ length: 16 }, client)));
    expect(await program.ended).toBe(0);
    expect(lost).toEqual([]);
    expect(answered).toBeGreaterThan(300);
    agent.destroy();
  });

  test('a request that never ends is aborted in time, and it still exits 0', async () => {
    const port = await start({ timeoutMs: 2500 });
    const stuck = ask(port, '/stuck');
    stuck.catch(() => undefined);
    await program.prints(/asked \/stuck/);
    const [code, ms] = await stopNow();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(2500);
    await expect(stuck).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(program.stdout).toMatch(/requests_cut/);
  });

  test('a store that cannot be closed does not keep it alive', async () => {
    await start({ timeoutMs: 2000, close: 'new Promise(() => {})' });
    const [code, ms] = await stopNow();
    expect([code, ms < 2000]).toEqual([0, true]);
    expect(program.stdout).toMatch(/close_timed_out/);
  });

  test('a store that fails to close is reported', async () => {
    await start({ close: 'Promise.reject(new Error("disk gone"))' });
    expect((await stopNow())[0]).toBe(0);
    expect(program.stdout).toMatch(/close_failed.*disk gone/);
  });

  test('a second signal exits at once', async () => {
    const port = await start();
    ask(port, '/stuck').catch(() => undefined);
    await program.prints(/asked \/stuck/);
    program.child.kill('SIGTERM');
    await program.prints(/not ready/);
    const [code, ms] = await stopNow();
    expect(code).toBe(143);
    expect(ms).toBeLessThan(1000);
  });

  test('an https server stops as well, with a silent connection open', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stop-'));
    const port = await start({ tls: directory });
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => undefined);
    await once(socket, 'secureConnect');
    const [code, ms] = await stopNow();
    expect([code, ms < 2000]).toEqual([0, true]);
    await rm(directory, { recursive: true });
  });
});

test('a Ctrl-C that npm passes on a second time counts once', async () => {
  const port = await start();
  const slow = ask(port, '/slow');
  await program.prints(/asked \/slow/);
  program.child.kill('SIGINT');
  program.child.kill('SIGINT');
  await program.prints(/not ready/);
  program.child.kill('SIGINT');
  await ask(port, '/release');
  expect((await slow).body).toBe('released');
  expect(await program.ended).toBe(0);
});

test.each(['throw', 'reject'])(
  'an error nobody handled (%s) is logged with its reason and place, and ends the process with 1',
  async (how) => {
    const port = await start();
    ask(port, `/${how}`).catch(() => undefined);
    expect(await program.ended).toBe(1);
    const line = JSON.parse(program.stdout.trim().split('\n').at(-1)!);
    expect(line).toMatchObject({
      level: 'fatal',
      event: how === 'throw' ? 'uncaught_exception' : 'unhandled_rejection',
      error: {
        name: 'Error',
        message: 'broken at https://host/?…',
        at: expect.arrayContaining([expect.any(String)]),
      },
    });
    expect(program.stdout + program.stderr).not.toContain('s3cr3t');
  },
);

/** A server with a route for every way in which a request can go on; resolves to its port. */
async function start({ timeoutMs = 10_000, close = 'Promise.resolve()', tls = '' } = {}): Promise<number> {
  program = runProgram(`
    import { createServer } from 'node:http';
    import { createServer as createTlsServer } from 'node:https';
    import { localCertificate } from ${src('local-https/certificate.ts')};
    import { createLogger } from ${src('logging/log.ts')};
    import { listen } from ${src('http-server/listen.ts')};
    import { exitOnCrash, stopOnSignals } from ${src('http-server/stop.ts')};
    const logger = createLogger({ level: 'info', format: 'json' });
    exitOnCrash(logger);
    let release;
    const released = new Promise((resolve) => { release = resolve; });
    const routes = {
      '/': (res) => res.end('hello'),
      '/slow': (res) => void released.then(() => res.end('released')),
      '/release': (res) => { res.end(); release(); },
      '/begun': (res) => { res.setHeader('content-length', 17); res.write('beginning'); setTimeout(() => res.end(' and end'), 1000); },
      '/stuck': () => undefined,
      '/throw': () => setImmediate(() => { throw new Error('broken at https://host/?code=s3cr3t'); }),
      '/reject': () => void Promise.reject(new Error('broken at https://host/?code=s3cr3t')),
    };
    const handler = (req, res) => { if (req.url !== '/') console.log('asked', req.url); routes[req.url](res); };
    const tls = ${JSON.stringify(tls)};
    const server = tls
      ? createTlsServer(await localCertificate({ directory: tls, hostnames: ['localhost'] }), handler)
      : createServer(handler);
    stopOnSignals({
      server, logger, timeoutMs: ${timeoutMs},
      onStopping: () => logger.info('not ready'),
      close: () => { logger.info('store closed'); return ${close}; },
    });
    console.log('port', await listen(server, { port: 0, hosts: ['127.0.0.1', '::1'] }));
  `);
  const [, port] = await program.prints(/port (\d+)/);
  return Number(port);
}

/** Sends SIGTERM; resolves to the exit code and the milliseconds until then. */
async function stopNow(): Promise<[number | string, number]> {
  const before = performance.now();
  program.child.kill('SIGTERM');
  return [await program.ended, performance.now() - before];
}

async function ask(port: number, path: string, agent?: Agent) {
  const request = get({ host: '127.0.0.1', port, path, agent: agent ?? false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}
