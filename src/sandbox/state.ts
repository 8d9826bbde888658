import { openGrant } from './grants.ts';
import type { Account, AuthorizationCode, OAuthClient, OAuthToken } from './model.ts';
import type { Persona } from './personas.ts';
import { listPersonas } from './personas.ts';
import type { SandboxStore } from './store.ts';
import type { Switches } from './switches.ts';

/** Everything that a sandbox holds, without a secret, a code or a token. Times are ISO 8601, on the sandbox's clock. */
export interface SandboxState {
  now: string;
  accounts: Account[];
  personas: Persona[];
  clients: (Omit<OAuthClient, 'secretHash' | 'creationDate' | 'formerRedirectUri'> & { createdAt: string })[];
  /** One for each time that a member allowed a client something. */
  authorizations: Authorization[];
  /** How many browsers are remembered as logged in. */
  browserSessions: number;
  switches: Switches;
  faults: SandboxStore['faults'];
}

/** What a member allowed a client, and what was issued for it. */
export interface Authorization {
  id: string;
  clientId: string;
  memberId: string;
  scope: string[];
  /** False when it was revoked, or its member or client is gone. */
  active: boolean;
  codes: Issued[];
  accessTokens: Issued[];
  refreshTokens: Issued[];
}

/** A code or token. `active`: it would be accepted now. */
export interface Issued {
  active: boolean;
  spent: boolean;
  expiresAt: string;
}

/** Shows what the sandbox holds. */
export function describeState(store: SandboxStore): SandboxState {
  const { clock, accounts, clients, grants, browserSessions, switches, faults } = store;
  return {
    now: isoTime(clock.now()),
    accounts: [...accounts.values()],
    personas: listPersonas(store),
    clients: [...clients.values()].map(
      ({ secretHash: _, formerRedirectUri: __, creationDate, ...client }) => ({
        ...client,
        createdAt: isoTime(creationDate),
      }),
    ),
    authorizations: [...grants.values()].map(({ id, clientId, memberId, scope }) => {
      const active = openGrant(store, id) !== undefined;
      const issued = (items: Iterable<AuthorizationCode | OAuthToken>) =>
        [...items].filter(({ grantId }) => grantId === id).map((item) => describeIssued(store, item, active));
      const tokens = (kind: OAuthToken['kind']) =>
        issued([...store.tokens.values()].filter((token) => token.kind === kind));
      return {
        ...{ id, clientId, memberId, scope, active },
        codes: issued(store.codes.values()),
        accessTokens: tokens('access'),
        refreshTokens: tokens('refresh'),
      };
    }),
    browserSessions: browserSessions.size,
    switches: { ...switches },
    faults: structuredClone(faults),
  };
}

function describeIssued(
  { clock }: SandboxStore,
  { spent, expiresAt }: Pick<OAuthToken, 'spent' | 'expiresAt'>,
  grantIsActive: boolean,
): Issued {
  return { active: grantIsActive && !spent && clock.now() < expiresAt, spent, expiresAt: isoTime(expiresAt) };
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
