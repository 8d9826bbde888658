import { connect } from 'node:net';
import * as v from 'valibot';
import { HttpError, launchDarklyOAuthServer } from '../launchdarkly/index.ts';
import type { Check, Finding, Setup } from './check.ts';
import { failed, isWrong, ok, skipped, warn } from './check.ts';
import { askMetadata } from './reach.ts';

const networkSettings = ['LD_BASE_URI', 'HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS'] as const;

export const launchDarklyReachable: Check = {
  name: 'launchdarkly',
  title: 'LaunchDarkly can be reached',
  async run(setup) {
    if (isWrong(setup, ...networkSettings)) return skipped('the settings of the network have to be fixed first');
    const { baseUri } = setup.config;
    try {
      await askMetadata(setup);
      return ok(setup.config.outgoing.httpsProxy ? `${baseUri}, through the proxy` : baseUri);
    } catch (error) {
      return unreachable(setup, error instanceof HttpError ? error.code : 'NETWORK_ERROR');
    }
  },
};

export const clock: Check = {
  name: 'clock',
  title: "This machine's clock agrees",
  async run(setup) {
    const response = await askMetadata(setup).catch(() => undefined);
    if (!response) return skipped('LaunchDarkly cannot be reached');
    const theirs = Date.parse(response.headers.date ?? '');
    if (Number.isNaN(theirs)) return skipped('LaunchDarkly did not say what time it is');
    const seconds = Math.round((Date.now() - theirs) / 1000);
    const detail = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} LaunchDarkly`;
    const fix = 'Set the clock, best by a time service (timedatectl set-ntp true).';
    if (Math.abs(seconds) > 300) return failed(`${detail}: certificates and sessions are judged by it.`, fix);
    return Math.abs(seconds) > 30 ? warn(`${detail}.`, fix) : ok(detail);
  },
};

const metadata = v.object({
  issuer: v.string(),
  authorization_endpoint: v.string(),
  token_endpoint: v.string(),
  revocation_endpoint: v.optional(v.string()),
  code_challenge_methods_supported: v.optional(v.array(v.string())),
  token_endpoint_auth_methods_supported: v.optional(v.array(v.string())),
});

/** RFC 8414. The app does not need it: its endpoints are derived from the base URI. */
export const serverMetadata: Check = {
  name: 'server-metadata',
  title: 'Server metadata agrees with the app',
  async run(setup) {
    const { baseUri, pkce, clientAuth } = setup.config;
    const response = await askMetadata(setup).catch(() => undefined);
    if (!response) return skipped('LaunchDarkly cannot be reached');
    if (response.status === 404) return ok('LaunchDarkly offers none here, and the app needs none');
    const parsed = v.safeParse(metadata, parseJson(response.body));
    const fix = 'Check LD_BASE_URI and HTTPS_PROXY: something else than LaunchDarkly may have answered.';
    if (response.status !== 200 || !parsed.success) {
      return warn(`It cannot be read (status ${response.status}).`, fix);
    }
    const theirs = parsed.output;
    const different = Object.entries(launchDarklyOAuthServer(baseUri)).filter(
      ([name, ours]) => (theirs[name as keyof typeof theirs] ?? ours) !== ours,
    );
    if (different.length > 0) {
      return failed(`It names another ${different.map(([name]) => name).join(', ')} than the app uses.`, fix);
    }
    if (pkce && !(theirs.code_challenge_methods_supported ?? ['S256']).includes('S256')) {
      return failed('It does not know PKCE with S256.', 'LD_OAUTH_PKCE=off');
    }
    const method = `client_secret_${clientAuth}`;
    if (!(theirs.token_endpoint_auth_methods_supported ?? [method]).includes(method)) {
      return failed(`It does not know ${method}.`, `LD_OAUTH_CLIENT_AUTH=${clientAuth === 'post' ? 'basic' : 'post'}`);
    }
    return ok('same issuer and endpoints');
  },
};

/** Names the part of the way that fails: name, proxy, TLS, or the connection itself. */
async function unreachable({ config }: Setup, code: string): Promise<Finding> {
  const { baseUri, outgoing } = config;
  const { hostname } = new URL(baseUri);
  if (outgoing.httpsProxy && !(await accepts(outgoing.httpsProxy))) {
    return failed(
      `Proxy: ${new URL(outgoing.httpsProxy).host} takes no connection (${code}).`,
      'Correct HTTPS_PROXY, or name the host in NO_PROXY.',
    );
  }
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) {
    return failed(
      `DNS: ${hostname} does not resolve (${code}).`,
      'Correct LD_BASE_URI, or fix DNS; behind a proxy set HTTPS_PROXY.',
    );
  }
  if (/SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code)) {
    return failed(
      `TLS: the certificate of ${hostname} is signed by nobody this machine knows (${code}).`,
      'NODE_EXTRA_CA_CERTS=PATH with the certificate of your network’s own authority.',
    );
  }
  if (/CERT|TLS|SSL|EPROTO/.test(code)) {
    return failed(
      `TLS: no secure connection to ${hostname} (${code}).`,
      "Correct LD_BASE_URI; check this machine's clock.",
    );
  }
  if (code === 'TIMEOUT' || code.includes('TIMEOUT')) {
    return failed(
      `Connection: ${hostname} did not answer in time (${code}).`,
      'Check the network and its firewall; behind a proxy set HTTPS_PROXY.',
    );
  }
  return failed(
    `Connection: ${hostname} cannot be reached (${code}).`,
    'Check LD_BASE_URI and the network; the sandbox runs with npm run sandbox.',
  );
}

function accepts(proxy: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(proxy);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
      timeout: 3_000,
    });
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket
      .on('connect', () => end(true))
      .on('timeout', () => end(false))
      .on('error', () => end(false));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
