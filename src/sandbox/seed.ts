import type { Account, Member, OAuthClient, Role } from './model.ts';
import { sha256, stableId, stableUuid } from './secrets.ts';

/** Who lives in the sandbox at the start. A seed file has the same shape, as JSON. */
export interface Seed {
  /** The first account owns the API tokens, and so the clients registered with them. */
  accounts: SeedAccount[];
}

/** An account, everybody in it, and the OAuth2 clients it has registered already. Ids are made from the names: what keeps its name keeps its id. */
export interface SeedAccount {
  organization: string;
  projects?: { key: string; name: string; tags?: string[] }[];
  members: SeedMember[];
  clients?: SeedClient[];
}

/** An OAuth2 client that is there from the start, so that an app finds its id and secret in its own settings. */
export interface SeedClient {
  name: string;
  redirectUri: string;
  secret: string;
  description?: string;
  /** Made from account and name when left out. */
  id?: string;
}

/** A member. Left out, the role is `reader`, the invitation accepted, the e-mail address verified. */
export interface SeedMember {
  email: string;
  firstName?: string;
  lastName?: string;
  role?: Role;
  customRoles?: string[];
  teams?: { key: string; name: string; customRoleKeys?: string[] }[];
  pendingInvite?: boolean;
  verified?: boolean;
  /** Keys of the projects the member may see; all of the account's when left out. */
  projects?: string[];
  /** One line for the sign-in page. */
  about?: string;
  /** The heading that the sign-in page shows this person under. */
  group?: string;
}

const CREATED = Date.UTC(2024, 3, 15);

/** Gives every account, project, member and client of the seed an id, the same one on each start. */
export function fromSeed(seed: Seed): { accounts: Account[]; members: Member[]; clients: OAuthClient[] } {
  const accounts = seed.accounts.map(accountFrom);
  const members = seed.accounts.flatMap((account) =>
    account.members.map((member) => memberFrom(member, account)),
  );
  const clients = seed.accounts.flatMap(({ organization, clients = [] }) =>
    clients.map((client) => clientFrom(client, organization)),
  );
  return { accounts, members, clients };
}

function accountFrom({ organization, projects = [] }: SeedAccount): Account {
  return {
    id: accountId(organization),
    organization,
    projects: projects.map(({ key, name, tags = [] }) => ({
      id: stableId('project', organization, key),
      key,
      name,
      tags,
    })),
  };
}

function memberFrom(member: SeedMember, account: SeedAccount): Member {
  return {
    role: 'reader',
    customRoles: [],
    pendingInvite: false,
    verified: true,
    projects: 'all',
    about: '',
    group: '',
    ...member,
    teams: (member.teams ?? []).map((team) => ({ customRoleKeys: [], ...team })),
    id: stableId('member', account.organization, member.email),
    accountId: accountId(account.organization),
    removed: false,
    creationDate: CREATED,
    lastSeen: CREATED,
  };
}

function clientFrom(client: SeedClient, organization: string): OAuthClient {
  const { name, redirectUri, secret, description, id = stableUuid('client', organization, name) } = client;
  return {
    id,
    accountId: accountId(organization),
    name,
    redirectUri,
    ...(description === undefined ? {} : { description }),
    secretHash: sha256(secret),
    creationDate: CREATED,
  };
}

function accountId(organization: string): string {
  return stableId('account', organization);
}
