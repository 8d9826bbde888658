import { expect } from '@jest/globals';
import fc from 'fast-check';
import { collectFacts } from '../../scripts/doctor/facts/collect.ts';
import type { Person } from '../../scripts/doctor/facts/person.ts';
import type { FactsReport } from '../../scripts/doctor/facts/report.ts';
import type { Http, HttpExchange } from '../../src/launchdarkly/index.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import { likeReport } from '../../src/sandbox/facts-report.ts';
import type { Fault, Sandbox, Switches } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { SWITCH_NAMES } from '../../src/sandbox/switch-fields.ts';
import { DEFAULT_SWITCHES } from '../../src/sandbox/switches.ts';
import { scriptedPerson } from '../support/scripted-person.ts';

/** Switches that no run can see, and why. */
const unseen = {
  verifiedClients: 'takes a member of another account',
  outsiderAnswer: 'takes a member of another account',
  noAccessReadsProfile: 'takes a member without access',
  codeLifetime: 'takes a wait and a login for every guess',
  refreshTokenLifetime: 'takes a wait of weeks',
} as const satisfies Partial<Record<keyof Switches, string>>;

const flag = fc.boolean();
/** Any setting of the others. Lifetimes outlast a run, delays the wait for them, limits the calls. */
export const settings: fc.Arbitrary<Partial<Switches>> = fc.record({
  httpLocalhostRedirectUris: flag,
  refuseDuplicateNames: flag,
  redirectUriDelay: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
  clientListPageSize: fc.integer({ min: 0, max: 6 }),
  absoluteNextLinks: flag,
  weakTokenStatus: fc.constantFrom(401, 403),
  looseAuthorizationHeader: flag,
  awkwardSecrets: flag,
  tokensOutliveClient: flag,
  rememberSession: flag,
  rememberConsent: flag,
  requirePkce: flag,
  checkPkce: flag,
  requireScope: flag,
  iss: fc.constantFrom('none', 'right', 'wrong'),
  openIdConnect: flag,
  refreshTokens: fc.constantFrom('always', 'offline_access', 'never'),
  refreshAnswer: fc.constantFrom('rotate', 'same', 'omit'),
  refreshTokenReuse: fc.constantFrom('revoke', 'refuse', 'accept'),
  revocationScope: fc.constantFrom('token', 'grant', 'member'),
  grantedScope: fc.constantFrom('asked', 'reader', 'none'),
  accessTokenFormat: fc.constantFrom('opaque', 'jwt'),
  returnScope: flag,
  returnExpiresIn: flag,
  accessTokenLifetime: fc.integer({ min: 60, max: 315_360_000 }),
  tokenErrors: fc.constantFrom('rfc', 'rest', 'text', 'empty'),
  basicCredentials: fc.constantFrom('decoded', 'raw'),
  rateLimit: fc.integer({ min: 200, max: 1_000_000 }),
} satisfies { [Name in Exclude<keyof Switches, keyof typeof unseen>]: fc.Arbitrary<Switches[Name]> });

/** The switches whose setting cannot show because of another one. */
function hiddenBy(set: Switches): (keyof Switches)[] {
  const noRefresh = set.refreshTokens === 'never';
  // Two of the seed, and two of the run.
  const onePage = set.clientListPageSize === 0 || set.clientListPageSize >= 4;
  return [
    ...(onePage ? (['absoluteNextLinks'] as const) : []),
    ...(noRefresh ? (['refreshAnswer'] as const) : []),
    ...(noRefresh || set.refreshAnswer !== 'rotate' ? (['refreshTokenReuse'] as const) : []),
    ...(noRefresh && set.revocationScope !== 'member' ? (['revocationScope'] as const) : []),
    ...(set.returnExpiresIn ? [] : (['accessTokenLifetime'] as const)),
  ];
}

/** A sandbox that is asked again and again, on a clock that is moved instead of waited for. */
export interface Circle {
  readonly sandbox: Sandbox;
  /** Every message between a run and the sandbox. */
  readonly exchanges: HttpExchange[];
  /** @param meanwhile failures to switch on, and what the person does. */
  report(switches: Partial<Switches>, meanwhile?: Meanwhile): Promise<FactsReport>;
  /** The report about these settings sets the same switches, and leaves out those that cannot show. */
  close(set: Partial<Switches>): Promise<FactsReport>;
  end(): Promise<void>;
}

export interface Meanwhile {
  readonly faults?: readonly Fault[];
  readonly person?: Person;
  /** What the run told the person. */
  readonly told?: string[];
  readonly signal?: AbortSignal;
  /** A LaunchDarkly that asks who is there before it looks at an authorization request. */
  readonly asksFirst?: boolean;
}

export async function startCircle(): Promise<Circle> {
  // Two clients of others, so that a list may have several pages.
  const clients = ['One', 'Two'].map((name) => ({
    name,
    redirectUri: 'https://app.example/callback',
    secret: 'known',
  }));
  const members = [{ email: 'ada.admin@acme.example', role: 'admin' as const }];
  const sandbox = await startSandbox({ port: 0, seed: { accounts: [{ organization: 'Acme', members, clients }] } });
  const exchanges: HttpExchange[] = [];
  const http: Http = createHttp({ observe: (exchange) => exchanges.push(exchange) });
  const launchDarkly = createLaunchDarkly({ baseUri: sandbox.url, http });

  async function report(switches: Partial<Switches>, meanwhile: Meanwhile = {}): Promise<FactsReport> {
    await sandbox.reset();
    sandbox.setSwitches(switches);
    sandbox.setFaults(meanwhile.faults ?? []);
    exchanges.length = 0;
    const request: Http['request'] = (asked) =>
      asked.url.includes('/authorize?')
        ? Promise.resolve({ status: 302, headers: { location: '/login?next=somewhere' }, body: '' })
        : http.request(asked);
    return collectFacts({
      http: meanwhile.asksFirst ? { ...http, request } : http,
      launchDarkly,
      baseUri: sandbox.url,
      apiToken: sandbox.adminToken,
      person: meanwhile.person ?? scriptedPerson(),
      signal: meanwhile.signal ?? new AbortController().signal,
      ready: () => {},
      tell: (text) => meanwhile.told?.push(text),
      wait: async (ms) => sandbox.advanceClock(ms),
    });
  }

  return {
    sandbox,
    exchanges,
    report,
    async close(set) {
      const made = await report(set);
      expect(made).toMatchObject({ complete: true });
      const full = { ...DEFAULT_SWITCHES, ...set };
      const { switches, unlike } = likeReport(made);
      expect(unlike).toEqual([]);
      const hidden = hiddenBy(full);
      const expected = Object.fromEntries(
        SWITCH_NAMES.filter((name) => !(name in unseen) && !hidden.includes(name)).map((name) => [name, full[name]]),
      );
      if (hidden.includes('absoluteNextLinks')) expected.clientListPageSize = 0;
      expect(switches).toEqual(expected);
      return made;
    },
    async end() {
      await http.close();
      await sandbox.close();
    },
  };
}
