import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { listen, stopListening } from '../../../src/http-server/listen.ts';
import { localCertificate } from '../../../src/local-https/certificate.ts';
import { NotProbed } from './findings.ts';

/** What LaunchDarkly showed before it sent the browser back. */
export type Shown = 'nothing' | 'login' | 'consent' | 'both';

/** One login that a person is asked for. */
export interface Step {
  readonly title: string;
  readonly why: string;
  /** The authorization request. */
  readonly url: string;
  readonly state: string;
  /** Ask what LaunchDarkly showed. */
  readonly ask: boolean;
}

/** The authorization response, or that LaunchDarkly never came back with one. */
export type Returned = { readonly query: URLSearchParams; readonly shown: Shown | undefined } | 'stuck';

/** Somebody with a browser. */
export interface Person {
  /** Where their browser can be sent back to. */
  readonly redirectUris: { readonly http: string; readonly https: string };
  /** Throws `NotProbed` when nobody comes back in time, from then on at once, and the reason of an abort. */
  logIn(step: Step): Promise<Returned>;
}

/** A person at a browser of this machine: pages of our own say what to do and take the answers. */
export interface PersonAtBrowser extends Person {
  /** Where to begin; on https when logins come back there. */
  pageFor(redirectUri: string): string;
  /** Shows the last page for a moment, then closes the ports. */
  close(): Promise<void>;
}

interface Current extends Step {
  query?: URLSearchParams;
  resolve(returned: Returned): void;
}

/**
 * Listens on http and on https, on this machine only. Throws `ListenError` and `LocalCertificateError`.
 * @param options.port for http, where something forwards a public redirect URI to it; 0 picks one.
 */
export async function personAtBrowser(options: {
  certificateDirectory: string;
  port: number;
  waitMs: number;
  signal: AbortSignal;
}): Promise<PersonAtBrowser> {
  const { waitMs, signal } = options;
  let current: Current | undefined;
  let finished = false;
  let visited = false;
  let nobodyThere = false;
  let sawTheEnd = () => {};

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    visited = true;
    const url = new URL(req.url ?? '/', 'http://localhost');
    const form = req.method === 'POST' ? new URLSearchParams(await readBody(req)) : undefined;
    const state = (form ?? url.searchParams).get('state');
    if (state === null) {
      if (url.pathname !== '/') return send(res, strangerPage, 404);
      send(res, finished ? lastPage : current ? stepPage(current) : workingPage);
      if (finished) sawTheEnd();
      return;
    }
    if (!current || state !== current.state) return send(res, strangerPage, 400);
    if (form?.has('stuck')) current.resolve('stuck');
    else if (form && current.query) current.resolve({ query: current.query, shown: form.get('shown') as Shown });
    else if (!current.ask) current.resolve({ query: url.searchParams, shown: undefined });
    else {
      current.query = url.searchParams;
      return send(res, questionPage(state));
    }
    res.writeHead(303, { location: '/' }).end();
  }

  /** Nothing that a browser sends may end the run. */
  const handler: RequestListener = (req, res) => void answer(req, res).catch(() => res.destroy());

  const { key, cert } = await localCertificate({
    directory: options.certificateDirectory,
    hostnames: ['localhost'],
  });
  const servers: Server[] = [createServer(handler), createHttpsServer({ key, cert }, handler)];
  const [httpPort, httpsPort] = [await open(servers[0], options.port), await open(servers[1], 0)];
  const origins = { http: `http://localhost:${httpPort}`, https: `https://localhost:${httpsPort}` };

  return {
    redirectUris: { http: `${origins.http}/callback`, https: `${origins.https}/callback` },
    pageFor: (redirectUri) => `${redirectUri.startsWith(origins.https) ? origins.https : origins.http}/`,

    async logIn(step) {
      signal.throwIfAborted();
      if (nobodyThere) throw new NotProbed('Nobody was there to log in.');
      return new Promise<Returned>((resolve, reject) => {
        const timer = setTimeout(() => {
          giveUp(new NotProbed(`Nobody came back within ${waitMs / 1000} seconds.`));
        }, waitMs);
        const onAbort = () => giveUp(signal.reason);
        signal.addEventListener('abort', onAbort);

        function stopWaiting(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          current = undefined;
        }
        function giveUp(reason: unknown): void {
          stopWaiting();
          nobodyThere = true;
          reject(reason);
        }
        current = {
          ...step,
          resolve(returned) {
            stopWaiting();
            resolve(returned);
          },
        };
      });
    },

    async close() {
      finished = true;
      if (visited && !nobodyThere && !signal.aborted) {
        await new Promise<void>((resolve) => {
          sawTheEnd = () => setImmediate(resolve);
          setTimeout(resolve, 3_000);
        });
      }
      for (const server of servers) {
        void stopListening(server);
        server.closeAllConnections();
      }
    },
  };
}

async function open(server: Server | undefined, port: number): Promise<number> {
  if (!server) throw new TypeError('There is no server.');
  return listen(server, { port, hosts: ['127.0.0.1', '::1'] });
}

async function readBody(req: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of req) body = (body + String(chunk)).slice(0, 10_000);
  return body;
}

function send(res: ServerResponse, content: string, status = 200): void {
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  res.end(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Facts report</title><style>body{font:1rem/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}
button{font:inherit;padding:.4rem .8rem;margin:.2rem 0;display:block}:root{color-scheme:light dark}</style>${content}</html>`);
}

function stepPage({ title, why, url, state }: Step): string {
  return `<h1>${text(title)}</h1><p>This login: ${text(why)}</p>
<form method="get" action="${text(url.split('?')[0] ?? '')}">${[...new URL(url).searchParams].map(hidden).join('')}
<button>Continue at LaunchDarkly</button></form>
<p>If LaunchDarkly shows an error and does not send you back here, come back to this page and say so:</p>
<form method="post" action="/">${hidden(['state', state])}<button name="stuck" value="yes">It ended at an error page</button></form>`;
}

function questionPage(state: string): string {
  const answers: Record<Shown, string> = {
    nothing: 'Nothing: it sent me straight back',
    login: 'It asked who I am, and did not ask to authorize the app',
    consent: 'It asked to authorize the app, and did not ask who I am',
    both: 'It asked who I am, and to authorize the app',
  };
  const buttons = Object.entries(answers).map(
    ([shown, label]) => `<button name="shown" value="${shown}">${label}</button>`,
  );
  return `<h1>What did LaunchDarkly show you just now?</h1><form method="post" action="/">${hidden(['state', state])}
${buttons.join('\n')}</form>`;
}

const workingPage = '<meta http-equiv="refresh" content="1"><h1>One moment …</h1><p>Looking at what came back.</p>';
const lastPage = '<h1>Done</h1><p>The report is where you started the command. You can close this page.</p>';
const strangerPage =
  '<h1>Not this login</h1><p>This answer belongs to no login that is waited for. <a href="/">Go on here</a>.</p>';

function hidden([name, value]: readonly [string, string]): string {
  return `<input type="hidden" name="${text(name)}" value="${text(value)}">`;
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
