import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, RequestOptions, Server } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import type { LoggerOptions } from '../../src/logging/log.ts';
import { createLogger, requestLog } from '../../src/logging/log.ts';

const run = promisify(execFile);
const SECRET = 's3cr3t-value';
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

describe('the line of a request', () => {
  test('tells method, path, status, duration and id, and nothing that could be a secret', async () => {
    const { lines, port } = await listening();
    const response = await send(port, {
      method: 'POST',
      path: `/auth/callback?code=${SECRET}&state=${SECRET}#${SECRET}`,
      headers: { cookie: `session=${SECRET}`, authorization: `Bearer ${SECRET}`, 'user-agent': SECRET },
    });
    const line = await nextLine(lines);
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      event: 'request',
      method: 'POST',
      path: '/auth/callback',
      status: 200,
      durationMs: expect.any(Number),
      requestId: response.headers['x-request-id'],
    });
    expect(lines.text).not.toContain(SECRET);
  });

  test('names the whole path under a mounted router, and the status that was sent', async () => {
    const { lines, port } = await listening((app) => {
      app.use(
        '/deep',
        express.Router().get('/er', (_req, res) => void res.status(404).end()),
      );
    });
    await send(port, { path: '/deep/er?a=1' });
    expect(await nextLine(lines)).toMatchObject({ path: '/deep/er', status: 404 });
  });

  test('says that the reader went away before the answer was complete', async () => {
    const { lines, port } = await listening((app) => {
      app.get('/slow', (_req, res) => void res.write('beginning'));
    });
    const asked = request({ port, host: '127.0.0.1', path: '/slow' });
    asked.on('error', () => undefined).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => undefined).destroy();
    expect(await nextLine(lines)).toMatchObject({ path: '/slow', status: 200, aborted: true });
  });

  test('does not repeat a request target that is no path', async () => {
    const { lines, port } = await listening();
    await send(port, { path: `http://user:${SECRET}@example.com/x` });
    expect((await nextLine(lines)).path).toBe('(no path)');
    expect(lines.text).not.toContain(SECRET);
  });

  test('is not written when the level leaves it out; the id is still there', async () => {
    const { lines, port } = await listening(undefined, { level: 'warn', format: 'json' });
    const response = await send(port, { path: '/' });
    expect(response.headers['x-request-id']).toMatch(/^[\w-]+$/);
    expect(lines.text).toBe('');
  });
});

describe('the request id', () => {
  test('is taken over from the proxy when it is a plain short word', async () => {
    const { lines, port } = await listening();
    const response = await send(port, { headers: { 'x-request-id': 'edge_7f-A' } });
    expect(response.headers['x-request-id']).toBe('edge_7f-A');
    expect(response.body).toBe('edge_7f-A');
    expect(await nextLine(lines)).toMatchObject({ requestId: 'edge_7f-A' });
  });

  test.each([
    ['long', 'a'.repeat(65)],
    ['spaced', 'two words'],
    ['markup', '<b>'],
    ['empty', ''],
    ['doubled', ['a', 'b']],
  ])('is made again when the header is %s', async (_what, value) => {
    const { port } = await listening();
    const first = await send(port, { headers: { 'x-request-id': value } });
    const second = await send(port, { headers: { 'x-request-id': value } });
    expect(first.body).toMatch(/^[0-9a-f]{10}-\w+$/);
    expect(second.body).not.toBe(first.body);
  });
});

describe('an event', () => {
  test('carries its fields, and leaves out every one that is not on the list, whatever it holds', () => {
    const { logger, lines } = recorder();
    const fields = {
      event: 'login_failed',
      code: 'exchange_failed',
      requestId: 'r1',
      accessToken: SECRET,
      headers: { cookie: SECRET },
    };
    logger.warn(fields, 'The login failed');
    expect(JSON.parse(lines.text)).toEqual({
      level: 'warn',
      time: expect.any(String),
      event: 'login_failed',
      code: 'exchange_failed',
      requestId: 'r1',
      omitted: ['accessToken', 'headers'],
      msg: 'The login failed',
    });
    expect(lines.text).not.toContain(SECRET);
  });

  test('keeps of an error its name, code, message and causes, but no query string, user name or further property', () => {
    const { logger, lines } = recorder();
    const cause = Object.assign(new Error(`GET https://u:${SECRET}@host/path?code=${SECRET} failed`), {
      code: 'ECONNRESET',
      response: { body: SECRET },
      config: { headers: SECRET },
    });
    const error = Object.assign(new TypeError('fetch failed', { cause }), { token: SECRET });
    logger.error({ event: 'login_failed', error }, `Callback /cb?code=${SECRET}&state=${SECRET} was refused`);
    logger.error(error);
    logger.info(`at https://host/p?code=${SECRET}`);
    logger.info({ url: `https://host/p?code=${SECRET}` });
    expect(lines.text).not.toContain(SECRET);
    expect(lines.all()[0]?.error).toEqual({
      name: 'TypeError',
      message: 'fetch failed',
      at: expect.arrayContaining([expect.stringMatching(/log\.test\.ts:\d+:\d+/)]),
      cause: { name: 'Error', code: 'ECONNRESET', message: 'GET https://host/path?… failed' },
    });
    expect(lines.all()[1]).toMatchObject({ msg: 'fetch failed', error: { name: 'TypeError' } });
  });

  test('stays on one line and of bounded length, and survives causes that go in circles', () => {
    const { logger, lines } = recorder();
    const error = new Error(`line one\nline two ${'x'.repeat(5000)}`);
    error.cause = error;
    logger.error({ error }, 'forged\n{"level":"info"}');
    expect(lines.text.trim().split('\n')).toHaveLength(1);
    expect(lines.text.length).toBeLessThan(16_000);
    expect(lines.all()[0]?.msg).toBe('forged {"level":"info"}');
    logger.info({ path: '/a\u009b31mred' });
    expect(lines.all()[1]?.path).toBe('/a 31mred');
  });

  test('thrown as something that is no error is described too', () => {
    const { logger, lines } = recorder();
    for (const error of ['text', 7, null, undefined, { token: SECRET }]) logger.error({ error }, 'odd');
    expect(lines.all().map((line) => line.error)).toEqual([
      { message: 'text' },
      { message: '7' },
      { message: 'null' },
      { message: 'undefined' },
      {},
    ]);
  });
});

describe('the pretty format', () => {
  test('is one phrase for a request, a sentence and its fields for an event, an indented line per cause', async () => {
    const { lines, port, logger } = await listening(undefined, { level: 'trace', format: 'pretty' });
    await send(port, { path: `/account?code=${SECRET}`, headers: { 'x-request-id': 'r9' } });
    await lines.more();
    logger.warn(
      {
        event: 'login_failed',
        code: 'exchange_failed',
        error: new Error('no way', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) }),
      },
      'The login failed',
    );
    const text = stripVTControlCharacters(lines.text);
    expect(text).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: GET \/account 200 [\d.]+ ms {2}r9\n/);
    expect(text).toContain('WARN: The login failed  code=exchange_failed');
    expect(text).toContain('    Error: no way');
    expect(text).toContain('    Error [ECONNREFUSED]: refused');
    expect(text).not.toContain(SECRET);
  });

  test('has colours on a terminal that shows them, and nowhere else', () => {
    const written = (hasColors: () => boolean) => {
      const destination = Object.assign(new Lines(), { hasColors });
      createLogger({ level: 'info', format: 'pretty', destination }).warn({ event: 'odd' }, 'Watch out');
      return destination.text;
    };
    expect(written(() => true).slice(11)).toBe('\u001b[33mWARN\u001b[0m: \u001b[36mWatch out\u001b[0m\n');
    expect(written(() => false)).toMatch(/^\[[\d:]+\] WARN: Watch out\n$/);
  });
});

test.each(['json', 'pretty'])('nothing is lost when the process exits right after a %s line', async (format) => {
  const module = new URL('../../src/logging/log.ts', import.meta.url).href;
  const program = `import(${JSON.stringify(module)}).then(({ createLogger }) => {
    const logger = createLogger({ level: 'info', format: '${format}' });
    for (let i = 1; i <= 500; i++) logger.info('line ' + i);
    process.exit(0);
  })`;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  expect(stdout.trim().split('\n')).toHaveLength(500);
});

/** What was logged, and a way to wait for more of it. */
class Lines extends Writable {
  text = '';
  private wake: () => void = () => undefined;
  override _write(line: Buffer, _encoding: string, done: () => void): void {
    this.text += line;
    this.wake();
    done();
  }
  all(): Record<string, unknown>[] {
    return this.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
  async more(): Promise<void> {
    if (this.text === '')
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
  }
}

async function nextLine(lines: Lines): Promise<Record<string, unknown>> {
  await lines.more();
  const line = lines.all().at(-1)!;
  lines.text = '';
  return line;
}

function recorder(options: LoggerOptions = { level: 'trace', format: 'json' }) {
  const lines = new Lines();
  return { lines, logger: createLogger({ ...options, destination: lines }) };
}

async function listening(routes?: (app: express.Express) => void, options?: LoggerOptions) {
  const { lines, logger } = recorder(options);
  const app = express().use(requestLog(logger));
  routes?.(app);
  app.use((req, res) => void res.send(req.id));
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { lines, logger, port: (server.address() as AddressInfo).port };
}

async function send(port: number, options: RequestOptions) {
  const asked = request({ port, host: '127.0.0.1', agent: false, ...options });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += chunk;
  return { headers: response.headers, body };
}
