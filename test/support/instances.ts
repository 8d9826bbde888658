import { Pool } from 'undici';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { freePort } from './free-port.ts';
import type { ServerProcess } from './server-process.ts';
import { listening, registeredAt, startServerProcess } from './server-process.ts';

/** One process of an app that runs in several, behind a proxy that ends TLS: the tests play the proxy. */
export interface Instance {
  readonly server: ServerProcess;
  readonly port: number;
  /** Sends a request as the proxy would, for a client at the address `from`. */
  request(
    path: string,
    options?: { method?: 'GET' | 'POST'; cookie?: string; from?: string },
  ): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }>;
  /** How often the log tells of this event. */
  count(event: string): number;
  /** Ends the process as `kill -9` does. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const host = 'app.example.test';

/** The settings of an app registered at the sandbox, for as many instances as there shall be. */
export async function instanceSettings(sandbox: Sandbox, more: Record<string, string>) {
  const registered = await registeredAt(sandbox, `https://${host}/auth/callback`);
  return {
    ...registered,
    TLS: 'proxy',
    HOST: '127.0.0.1',
    RATE_LIMIT: '1000000',
    LOG_LEVEL: 'info',
    ...more,
  };
}

/** Starts one, also one that is compiled already, and waits until it listens. */
export async function startInstance(settings: Record<string, string>, compiled?: string): Promise<Instance> {
  const port = await freePort();
  const server = await startServerProcess({ ...settings, PORT: String(port) }, {}, compiled);
  await listening(server);
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64, headersTimeout: 15_000 });
  return {
    server,
    port,
    async request(path, { method = 'GET', cookie = '', from } = {}) {
      const { statusCode, headers, body } = await pool.request({
        path,
        method,
        headers: {
          host,
          origin: `https://${host}`,
          'x-forwarded-proto': 'https',
          accept: '*/*',
          cookie,
          ...(from && { 'x-forwarded-for': from }),
        },
      });
      return { status: statusCode, headers, body: await body.text() };
    },
    count: (event) => server.stdout.split(`"event":"${event}"`).length - 1,
    async kill() {
      server.child.kill('SIGKILL');
      await server.ended;
    },
    async close() {
      await pool.destroy();
      await server.close();
    },
  };
}

/**
 * Logs somebody in without a page: the sandbox approves at once (`autoApprove`).
 * @returns the `Cookie` header of the session.
 */
export async function logInAt(
  { request }: Pick<Instance, 'request'>,
  email = 'ariel.reader@acme.example',
): Promise<string> {
  const login = await request('/auth/login');
  const authorize = await fetch(`${login.headers.location}&login_hint=${encodeURIComponent(email)}`, {
    redirect: 'manual',
  });
  const callback = new URL(String(authorize.headers.get('location')));
  const end = await request(callback.pathname + callback.search, {
    cookie: cookies(login.headers['set-cookie']),
  });
  const session = cookies(end.headers['set-cookie'])
    .split('; ')
    .find((cookie) => cookie.startsWith('__Host-session'));
  if (end.status !== 303 || !session) throw new Error(`The login failed with ${end.status}: ${end.body.slice(0, 500)}`);
  return session;
}

/** The e-mail of the user who is logged in, or the status of the refusal. */
export async function whoIs({ request }: Pick<Instance, 'request'>, cookie: string): Promise<string | number> {
  const { status, body } = await request('/api/me', { cookie });
  return status === 200 ? JSON.parse(body).member.email : status;
}

function cookies(lines: string | string[] = []): string {
  return [lines]
    .flat()
    .map((line) => line.split(';')[0])
    .join('; ');
}
