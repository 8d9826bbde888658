/** What the sandbox knows. Secrets and tokens appear only as fingerprints (see secrets.ts). */

/** A LaunchDarkly account, called an organization in its interface. */
export interface Account {
  id: string;
  organization: string;
  projects: Project[];
}

/** A project of an account. Members see all of them, or those that `Member.projects` names. */
export interface Project {
  id: string;
  key: string;
  name: string;
  tags: string[];
}

/** The base roles LaunchDarkly names (docs: organization roles). */
export const ROLES = ['reader', 'writer', 'admin', 'owner', 'no_access'] as const;
/** One of `ROLES`. */
export type Role = (typeof ROLES)[number];

/** One person's membership of one account; the same e-mail may be a member of several accounts. */
export interface Member {
  /** 24 hexadecimal digits. */
  id: string;
  accountId: string;
  email: string;
  firstName?: string;
  lastName?: string;
  role: Role;
  /** Ids of custom roles. While there are any, `role` is not in effect. */
  customRoles: string[];
  teams: { key: string; name: string; customRoleKeys: string[] }[];
  pendingInvite: boolean;
  verified: boolean;
  /** The projects this member may see: every one of the account, or those with these keys. */
  projects: 'all' | string[];
  /** Taken off the account: every token of theirs is refused. */
  removed: boolean;
  /** What makes this persona worth logging in as, shown on the sign-in page. */
  about: string;
  /** The heading that the sign-in page shows this persona under; empty for none. */
  group: string;
  /** Epoch milliseconds. */
  creationDate: number;
  lastSeen: number;
}

/** An OAuth2 client as the clients API keeps it. */
export interface OAuthClient {
  id: string;
  accountId: string;
  name: string;
  description?: string;
  redirectUri: string;
  /** In effect until `until` (epoch milliseconds), after `redirectUri` was changed. */
  formerRedirectUri?: { uri: string; until: number };
  secretHash: string;
  /** Epoch milliseconds. */
  creationDate: number;
}

/** An API access token: raw `api-…` in the Authorization header. A service token has no member. */
export interface ApiToken {
  hash: string;
  id: string;
  name: string;
  accountId: string;
  memberId?: string;
  role: Role;
}

/** What a member allowed a client in one authorization; every code and token belongs to one. */
export interface Grant {
  id: string;
  clientId: string;
  memberId: string;
  scope: string[];
  revoked: boolean;
}

/** An authorization code, bound to client (through its grant), redirect URI and PKCE challenge. */
export interface AuthorizationCode {
  hash: string;
  grantId: string;
  redirectUri: string;
  codeChallenge?: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  spent: boolean;
}

/** An access or refresh token. A refresh token that was rotated away stays, marked spent, to notice its reuse. */
export interface OAuthToken {
  hash: string;
  kind: 'access' | 'refresh';
  grantId: string;
  /** At most the grant's: a refresh may ask for less. */
  scope: string[];
  /** Epoch milliseconds. */
  expiresAt: number;
  spent: boolean;
}
