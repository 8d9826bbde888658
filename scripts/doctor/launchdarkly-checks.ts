import * as v from 'valibot';
import { plainHttpWarning } from '../../src/auth/plain-http.ts';
import {
  explainConnection,
  HttpError,
  launchDarklyOAuthServer,
  launchDarklyUrls,
} from '../../src/launchdarkly/index.ts';
import type { Check, Setup } from './check.ts';
import { failed, ok, skipped, warn } from './check.ts';

type Metadata = Awaited<ReturnType<Setup['http']['request']>>;

const answers = new WeakMap<Setup, Promise<Metadata>>();

/**
 * LaunchDarkly's server metadata (RFC 8414), the one request that needs no credentials. Sent only once per setup, so
 * that an unreachable LaunchDarkly costs one timeout rather than one per check. Rejects with `HttpError`.
 */
function fetchMetadata(setup: Setup): Promise<Metadata> {
  const { http, config } = setup;
  const url = launchDarklyUrls(config.baseUri).metadata;
  const asked =
    answers.get(setup) ?? http.request({ method: 'GET', url, headers: { accept: 'application/json' }, retry: false });
  answers.set(setup, asked);
  return asked;
}

/** Whether LaunchDarkly, or whatever is configured in its place, answers at all. */
export async function canReach(setup: Setup): Promise<boolean> {
  return fetchMetadata(setup).then(
    () => true,
    () => false,
  );
}

/** Why a check that asks LaunchDarkly is skipped. */
export const unreachable = skipped('LaunchDarkly cannot be reached');

/** Whether LaunchDarkly answers; if not, says whether DNS, the proxy, TLS or the connection fails. */
export const launchDarklyReachable: Check = {
  name: 'launchdarkly',
  title: 'LaunchDarkly can be reached',
  needs: ['LD_BASE_URI', 'LD_PLAIN_HTTP_HOSTS', 'HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS'],
  async run(setup) {
    const { baseUri, outgoing } = setup.config;
    try {
      await fetchMetadata(setup);
      const warning = plainHttpWarning(baseUri);
      if (warning) return warn(warning, 'LD_BASE_URI=https://app.launchdarkly.com');
      return ok(outgoing.httpsProxy ? `${baseUri}, through the proxy` : baseUri);
    } catch (error) {
      const code = error instanceof HttpError ? error.code : 'NETWORK_ERROR';
      const { likelyCause, nextStep } = explainConnection(code);
      return failed(`${partOf(code)}: ${baseUri} did not answer (${code}). ${likelyCause}`, nextStep);
    }
  },
};

function partOf(code: string): string {
  if (code.startsWith('PROXY_')) return 'Proxy';
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return 'DNS';
  return /CERT|TLS|SSL|EPROTO|SELF_SIGNED|UNABLE_TO/.test(code) ? 'TLS' : 'Connection';
}

/** Certificates and sessions depend on the clock. */
export const clock: Check = {
  name: 'clock',
  title: "This machine's clock agrees",
  async run(setup) {
    if (!(await canReach(setup))) return unreachable;
    const theirs = Date.parse((await fetchMetadata(setup)).headers.date ?? '');
    if (Number.isNaN(theirs)) return skipped('LaunchDarkly did not send the time');
    const seconds = Math.round((Date.now() - theirs) / 1000);
    const detail = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} LaunchDarkly`;
    const fix = 'Set the clock, ideally with a time service (timedatectl set-ntp true).';
    if (Math.abs(seconds) > 300) return failed(`${detail}. Certificates and sessions depend on it.`, fix);
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

/** RFC 8414. The app does not need it: it derives its endpoints from the base URI. */
export const serverMetadata: Check = {
  name: 'server-metadata',
  title: 'Server metadata agrees with the app',
  async run(setup) {
    if (!(await canReach(setup))) return unreachable;
    const { baseUri, pkce, clientAuth } = setup.config;
    const response = await fetchMetadata(setup);
    if (response.status === 404) return ok('LaunchDarkly offers none here, and the app needs none');
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), metadata), response.body);
    const fix = 'Check LD_BASE_URI and HTTPS_PROXY: something other than LaunchDarkly may have answered.';
    if (response.status !== 200 || !parsed.success) {
      return warn(`It cannot be read (status ${response.status}).`, fix);
    }
    const theirs = parsed.output;
    const different = Object.entries(launchDarklyOAuthServer(baseUri)).filter(
      ([name, ours]) => (theirs[name as keyof typeof theirs] ?? ours) !== ours,
    );
    if (different.length > 0) {
      return failed(`Its ${different.map(([name]) => name).join(', ')} differs from what the app uses.`, fix);
    }
    if (pkce && !(theirs.code_challenge_methods_supported ?? ['S256']).includes('S256')) {
      return failed('It does not support PKCE with S256.', 'LD_OAUTH_PKCE=off');
    }
    const method = `client_secret_${clientAuth}`;
    if (!(theirs.token_endpoint_auth_methods_supported ?? [method]).includes(method)) {
      return failed(
        `It does not support ${method}.`,
        `LD_OAUTH_CLIENT_AUTH=${clientAuth === 'post' ? 'basic' : 'post'}`,
      );
    }
    return ok('same issuer and endpoints');
  },
};
