import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopbackHost } from '../../src/auth/plain-http.ts';
import type { AppConfig } from '../../src/config/config.ts';
import { listen, stopListening } from '../../src/http-server/listen.ts';
import { ListenError } from '../../src/http-server/listen-error.ts';
import type { Check } from './check.ts';
import { failed, failedWith, ok, skipped, warn } from './check.ts';

/** Whether LaunchDarkly would accept the redirect URI. */
export const redirectUriLegal: Check = {
  name: 'redirect-uri',
  title: 'Redirect URI is legal',
  run({ config, problems }) {
    const problem = problems.find(({ name }) => name === 'LD_OAUTH_REDIRECT_URI');
    const { href, secure } = config.redirectUri;
    if (problem) return failed(`${problem.name} ${problem.problem}`, `${problem.name}=${problem.example}`);
    if (href.length > 200)
      return warn(`It has ${href.length} characters.`, 'Keep it under 200; a longer one may fail.');
    if (!secure && !isLoopbackHost(new URL(config.baseUri).hostname)) {
      return warn(`${href} is plain http.`, 'LaunchDarkly requires https, which this app serves on this machine.');
    }
    return ok(href);
  },
};

/** Whether browsers on this machine reach the app, when it terminates TLS itself. */
export const redirectHost: Check = {
  name: 'redirect-host',
  title: 'Redirect URI leads to this machine',
  needs: ['LD_OAUTH_REDIRECT_URI'],
  async run({ config }) {
    const { hostname, local } = config.redirectUri;
    if (config.tls.mode !== 'local' && !local) return skipped('TLS ends elsewhere, not on this machine');
    // Browsers resolve these themselves (RFC 6761, section 6.3), whatever the system says.
    if (hostname.endsWith('.localhost')) return ok(`${hostname}: browsers resolve it to this machine`);
    const addresses = await lookup(hostname, { all: true }).catch((error: NodeJS.ErrnoException) => error);
    const fix = `Add to the hosts file (/etc/hosts): 127.0.0.1 ${hostname}`;
    if (!Array.isArray(addresses)) return failed(`${hostname} does not resolve (${addresses.code}).`, fix);
    const foreign = addresses.find(({ address }) => !isLoopbackHost(address) && !ownAddresses().includes(address));
    if (foreign) return failed(`${hostname} resolves to ${foreign.address}, which is another machine.`, fix);
    return ok(`${hostname} is ${addresses.map(({ address }) => address).join(', ')}`);
  },
};

/** Whether the app can listen, or is listening already. */
export const portFreeOrOurs: Check = {
  name: 'port',
  title: 'Port is free or ours',
  needs: ['LD_OAUTH_REDIRECT_URI', 'PORT', 'HOST', 'TLS'],
  async run({ config }) {
    const server = createServer();
    try {
      await listen(server, config);
      await stopListening(server);
      return ok(`${config.port} is free`);
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      if (error.code === 'EADDRINUSE' && (await isThisApp(config))) return ok(`${config.port}: this app is running`);
      return failedWith(error);
    }
  },
};

/** Whether a proxy makes the app redirect its own address to itself. */
export const publicAddress: Check = {
  name: 'public-address',
  title: 'Public address does not redirect to itself',
  needs: ['LD_OAUTH_REDIRECT_URI'],
  async run({ config: { redirectUri, tls } }) {
    const url = `${redirectUri.site}/`;
    const answer = await ask(url).catch(() => undefined);
    if (!answer) return skipped(`${url} cannot be reached from this machine now`);
    if (answer.status !== 308 || answer.location !== url) return ok(`${url} answers ${answer.status}`);
    return tls.mode === 'proxy'
      ? failed(
          `${url} redirects to itself: a proxy says X-Forwarded-Proto: http of requests that came by https.`,
          'Let the outermost proxy set X-Forwarded-Proto, and those behind it pass it on unchanged.',
        )
      : failed(
          `${url} redirects to itself: a proxy in front of the app replaces Host.`,
          'Make the proxy pass Host on (Vite and http-proxy: changeOrigin: false), or set TLS=proxy.',
        );
  },
};

function ask(url: string): Promise<{ status: number | undefined; location: string | undefined }> {
  const { get } = url.startsWith('https:') ? https : http;
  const options = { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(3_000), rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    get(url, options, (response) => {
      response.resume();
      resolve({ status: response.statusCode, location: response.headers.location });
    }).on('error', reject);
  });
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
}

/** Whether the program that listens on our port answers `/readyz` as this app does. */
function isThisApp({ port, hosts, tls, redirectUri }: AppConfig): Promise<boolean> {
  const { get } = tls.mode === 'local' || tls.mode === 'files' ? https : http;
  const options = {
    host: hosts?.[0] ?? '127.0.0.1',
    port,
    path: '/readyz',
    headers: { host: redirectUri.host },
    signal: AbortSignal.timeout(2_000),
    rejectUnauthorized: false, // nothing confidential is sent, and the certificate has its own check
  };
  return new Promise((resolve) => {
    const call = get(options, async (response) => {
      let body = '';
      try {
        for await (const chunk of response) body = (body + String(chunk)).slice(0, 10_000);
        resolve((response.statusCode === 200 || response.statusCode === 503) && 'sessionStore' in JSON.parse(body));
      } catch {
        resolve(false);
      }
    });
    call.on('error', () => resolve(false));
  });
}
