import type { Account, Member, Role } from './model.ts';
import { stableId } from './secrets.ts';

/** Who lives in the sandbox at the start. A seed file has the same shape, as JSON. */
export interface Seed {
  /** The first account owns the API tokens, and so the clients registered with them. */
  accounts: SeedAccount[];
}

/** An account and everybody in it. Ids are made from the names: what keeps its name keeps its id. */
export interface SeedAccount {
  organization: string;
  projects?: { key: string; name: string; tags?: string[] }[];
  members: SeedMember[];
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
}

const CREATED = Date.UTC(2024, 3, 15);

/** Gives every account, project and member of the seed an id, the same one on each start. */
export function fromSeed(seed: Seed): { accounts: Account[]; members: Member[] } {
  const accounts = seed.accounts.map(plantAccount);
  const members = seed.accounts.flatMap((account) =>
    account.members.map((member) => plantMember(member, account)),
  );
  return { accounts, members };
}

function plantAccount({ organization, projects = [] }: SeedAccount): Account {
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

function plantMember(member: SeedMember, account: SeedAccount): Member {
  return {
    role: 'reader',
    customRoles: [],
    pendingInvite: false,
    verified: true,
    projects: 'all',
    about: '',
    ...member,
    teams: (member.teams ?? []).map((team) => ({ customRoleKeys: [], ...team })),
    id: stableId('member', account.organization, member.email),
    accountId: accountId(account.organization),
    removed: false,
    creationDate: CREATED,
    lastSeen: CREATED,
  };
}

function accountId(organization: string): string {
  return stableId('account', organization);
}
