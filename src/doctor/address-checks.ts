import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopbackHost } from '../config/redirect-uri.ts';
import { ListenError, listen, stopListening } from '../http-server/listen.ts';
import type { Check } from './check.ts';
import { failed, isWrong, ok, skipped, warn } from './check.ts';
import { answersAsOurs } from './running-app.ts';

const wrongRedirectUri = 'LD_OAUTH_REDIRECT_URI has to be fixed first';

export const redirectUriLegal: Check = {
  name: 'redirect-uri',
  title: 'Redirect URI is legal',
  run({ config, problems }) {
    const problem = problems.find(({ name }) => name === 'LD_OAUTH_REDIRECT_URI');
    const { href, secure } = config.redirectUri;
    if (problem) return failed(`${problem.name} ${problem.problem}`, `${problem.name}=${problem.example}`);
    if (href.length > 200) return warn(`${href.length} characters.`, 'Keep it under 200: longer ones may be refused.');
    if (!secure && !isLoopbackHost(new URL(config.baseUri).hostname)) {
      return warn(`${href} is plain http.`, 'LaunchDarkly asks for https; this app serves it on this machine.');
    }
    return ok(href);
  },
};

export const redirectHost: Check = {
  name: 'redirect-host',
  title: 'Redirect URI leads to this machine',
  async run(setup) {
    const { hostname, local } = setup.config.redirectUri;
    if (isWrong(setup, 'LD_OAUTH_REDIRECT_URI')) return skipped(wrongRedirectUri);
    if (setup.config.tls.mode !== 'local' && !local) return skipped('TLS ends elsewhere, not on this machine');
    // Browsers resolve these themselves (RFC 6761, section 6.3), whatever the system says.
    if (hostname.endsWith('.localhost')) return ok(`${hostname}, which browsers look for on this machine`);
    const addresses = await lookup(hostname, { all: true }).catch((error: NodeJS.ErrnoException) => error);
    const fix = `Add to the hosts file (/etc/hosts): 127.0.0.1 ${hostname}`;
    if (!Array.isArray(addresses)) return failed(`${hostname} does not resolve (${addresses.code}).`, fix);
    const foreign = addresses.filter(({ address }) => !ownAddresses().has(address) && !isLoopbackHost(address));
    if (foreign.length === 0) return ok(`${hostname} is ${addresses.map(({ address }) => address).join(', ')}`);
    return failed(`${hostname} leads to ${foreign[0]?.address}, which is another machine.`, fix);
  },
};

export const portFreeOrOurs: Check = {
  name: 'port',
  title: 'Port is free or ours',
  async run(setup) {
    const { port, hosts } = setup.config;
    if (isWrong(setup, 'LD_OAUTH_REDIRECT_URI', 'PORT', 'HOST', 'TLS')) {
      return skipped('the settings of the address have to be fixed first');
    }
    const door = createServer();
    try {
      await listen(door, { port, hosts });
      await stopListening(door);
      return ok(`${port} is free`);
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      if (error.code === 'EADDRINUSE' && (await answersAsOurs(setup.config))) return ok(`${port}: this app is running`);
      const [what = '', ...fix] = error.message.split('. ');
      return failed(`${what}.`, fix.join('. '));
    }
  },
};

function ownAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address)),
  );
}
