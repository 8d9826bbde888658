import http from 'node:http';
import https from 'node:https';
import { listen, stopListening } from '../../src/http-server/listen.ts';
import { localCertificate } from '../../src/local-https/certificate.ts';

/** Ends TLS on `port` and passes every request on to `target`, a port on this machine, as a proxy in production does. */
export async function startTlsTerminator(options: {
  port: number;
  target: number;
  directory: string;
}): Promise<{ close(): Promise<void> }> {
  const { key, cert } = await localCertificate({ directory: options.directory, hostnames: ['localhost'] });
  const server = https.createServer({ key, cert }, (req, res) => {
    const headers = {
      ...req.headers,
      'x-forwarded-proto': 'https',
      'x-forwarded-for': req.socket.remoteAddress ?? '',
    };
    const passed = http.request(
      { host: '127.0.0.1', port: options.target, path: req.url, method: req.method, headers },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    );
    passed.on('error', () => res.writeHead(502).end());
    req.pipe(passed);
  });
  await listen(server, { port: options.port, hosts: ['127.0.0.1', '::1'] });
  return {
    close: () => {
      server.closeAllConnections();
      return stopListening(server);
    },
  };
}
