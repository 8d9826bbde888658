import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request and its answer as they went over the wire, secrets and all. */
export interface Tapped {
  readonly method: string;
  readonly url: URL;
  readonly requestHeaders: http.IncomingHttpHeaders;
  readonly requestBody: string;
  readonly status: number;
  readonly responseHeaders: http.IncomingHttpHeaders;
  readonly responseBody: string;
}

export interface Wiretap {
  readonly url: string;
  /** What went over the wire so far. */
  readonly tapped: Tapped[];
  /** Says which server it stands in front of. */
  passTo(target: string): void;
  close(): Promise<void>;
}

/** Stands between a client and a server, passes everything on, and writes it down. */
export async function startWiretap(): Promise<Wiretap> {
  const tapped: Tapped[] = [];
  let target = '';
  const server = http.createServer(async (request, response) => {
    const requestBody = await text(request);
    const { method = 'GET', url = '/', headers } = request;
    const onward = http.request(new URL(url, target), { method, headers, agent: false });
    onward.end(requestBody);
    const answer = await answerTo(onward);
    if (!answer) return response.destroy();
    const responseBody = await text(answer);
    tapped.push({
      method,
      url: new URL(url, target),
      requestHeaders: headers,
      requestBody,
      status: answer.statusCode ?? 0,
      responseHeaders: answer.headers,
      responseBody,
    });
    response.writeHead(answer.statusCode ?? 502, answer.headers).end(responseBody);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tapped,
    passTo(url) {
      target = url;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The answer; undefined when the connection ends without one. */
async function answerTo(request: http.ClientRequest): Promise<http.IncomingMessage | undefined> {
  try {
    const [answer] = await once(request, 'response');
    return answer as http.IncomingMessage;
  } catch {
    return undefined;
  }
}

async function text(stream: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
