/**
 * A program: the app as the public would meet it, behind TLS and under a public name (only then does it send HSTS), on
 * https://localhost:8443 until Ctrl-C. For scanners of headers; see test/README.md.
 */
import { freePort, startTestApp } from './test-app.ts';
import { startTlsTerminator } from './tls-terminator.ts';

const port = await freePort();
const app = await startTestApp({
  env: {
    LD_OAUTH_REDIRECT_URI: 'https://app.example.com/auth/callback',
    TLS: 'proxy',
    HOST: '127.0.0.1',
    PORT: String(port),
  },
});
const terminator = await startTlsTerminator({ port: 8443, target: port, directory: '.data/tls' });
process.stdout.write('https://localhost:8443, certificate authority in .data/tls/ca.pem. Ctrl-C ends it.\n');
process.once('SIGINT', () => terminator.close().then(app.close));
