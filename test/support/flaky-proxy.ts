import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HttpTestServer, ReceivedRequest } from './http-server.ts';
import { startHttpServer } from './http-server.ts';

/** What is answered instead of the server's own answer. */
export interface Substitute {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a request is mistreated: whether the server behind gets it, and what the client sees. */
export interface Fault {
  /** Whether the server acts on the request. */
  readonly acts: boolean;
  /** `reset`: the connection breaks; `cut`: half of the answer arrives; `silence`: none ever does. */
  readonly answer: 'reset' | 'cut' | 'silence' | Substitute | ((own: Substitute) => Substitute);
}

/** A server in front of another one, as bad networks, proxies and days at LaunchDarkly make it. */
export interface FlakyProxy extends HttpTestServer {
  /** `METHOD path` of every request, oldest first. */
  readonly seen: () => string[];
  /** The next `times` requests whose `METHOD path` matches meet this fault; each new fault goes to the end of the queue. */
  fail(pattern: RegExp, fault: Fault, times?: number): void;
  /** Takes back every fault that nobody has met. */
  calm(): void;
  /** Calls back before a request is passed on, and again before its answer goes out. */
  watch(observer: (moment: 'arrived' | 'acted', request: ReceivedRequest) => void): void;
}

export async function startFlakyProxy(target: string): Promise<FlakyProxy> {
  const faults: { pattern: RegExp; fault: Fault; times: number }[] = [];
  let observer: (moment: 'arrived' | 'acted', request: ReceivedRequest) => void = () => {};

  const server = await startHttpServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    const fault = takeFault(`${request.method} ${request.path}`);
    observer('arrived', request);
    if (fault && !fault.acts) return misanswer(response, fault, { status: 502 });
    const own = await passOn(target, request);
    observer('acted', request);
    if (fault) misanswer(response, fault, own);
    else response.writeHead(own.status, { ...own.headers }).end(own.body);
  }

  function takeFault(line: string): Fault | undefined {
    const found = faults.find(({ pattern, times }) => times > 0 && pattern.test(line));
    if (found) found.times--;
    return found?.fault;
  }

  return {
    ...server,
    seen: () => server.requests.map(({ method, path }) => `${method} ${path}`),
    fail: (pattern, fault, times = 1) => void faults.push({ pattern, fault, times }),
    calm: () => void faults.splice(0),
    watch: (next) => {
      observer = next;
    },
  };
}

/** As it came, its `Host` included: the server takes the proxy's address for its own. */
async function passOn(target: string, { method, path, headers, body }: ReceivedRequest): Promise<Substitute> {
  const { connection: _, ...kept } = headers;
  const call = httpRequest(target + path, { method, headers: kept, agent: false });
  call.end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const { 'content-length': __, 'transfer-encoding': ___, connection: ____, ...answered } = response.headers;
  const own = await text(response);
  return { status: response.statusCode ?? 502, headers: answered as Record<string, string>, body: own };
}

function misanswer(response: ServerResponse, { answer }: Fault, own: Substitute): void {
  if (answer === 'silence') return;
  if (answer === 'reset') return void response.socket?.resetAndDestroy();
  if (answer === 'cut') {
    const body = own.body ?? '{"half": "of an answer';
    response.writeHead(own.status, { 'content-type': 'application/json', 'content-length': body.length });
    response.write(body.slice(0, body.length / 2), () => response.socket?.destroy());
    return;
  }
  const { status, headers, body } = typeof answer === 'function' ? answer(own) : answer;
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}
