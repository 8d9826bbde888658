import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { localCertificate } from '../../src/local-https/certificate.ts';

/**
 * Shows ports of this machine under public https names, as GitHub Codespaces does: the request arrives with
 * `Host: localhost:PORT`, the public name in `X-Forwarded-Host`, and an `Origin` of that name replaced by the local one
 * (https://github.com/symfony/demo/issues/1542). `names` maps public names to ports.
 */
export async function startPortForwarder(
  names: Readonly<Record<string, number>>,
  directory: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const { key, cert } = await localCertificate({ directory, hostnames: Object.keys(names) });
  const server = https.createServer({ key, cert }, (req, res) => {
    const name = req.headers.host ?? '';
    const port = names[name];
    if (port === undefined) return void res.writeHead(404).end();
    const headers: http.OutgoingHttpHeaders = {
      ...req.headers,
      host: `localhost:${port}`,
      'x-forwarded-host': name,
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '203.0.113.7',
      ...(req.headers.origin === `https://${name}` && { origin: `http://localhost:${port}` }),
    };
    const passed = http.request({ host: '127.0.0.1', port, path: req.url, method: req.method, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    passed.on('error', () => res.writeHead(502).end());
    req.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
