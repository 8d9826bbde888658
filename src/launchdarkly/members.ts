import * as v from 'valibot';
import { type Credential, id, maybe, type ResponseSchema, type RestApi } from './rest-api.ts';

/** What a token stands for. LaunchDarkly promises none of the fields. */
export interface CallerIdentity {
  readonly accountId?: string | undefined;
  /** Missing for a token that belongs to no member. */
  readonly memberId?: string | undefined;
  /** The OAuth client that a token was issued to. */
  readonly clientId?: string | undefined;
  readonly tokenName?: string | undefined;
  readonly tokenKind?: string | undefined;
  readonly authKind?: string | undefined;
  readonly serviceToken?: boolean | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** An account member, as members/me describes them. It does not say which account. */
export interface Member {
  readonly id: string;
  readonly email: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** The base role, in effect only while there are no custom roles. */
  readonly role: string;
  /** Keys or ids: LaunchDarkly's sources disagree. For display only. */
  readonly customRoles: readonly string[];
  readonly teams: readonly { readonly key: string; readonly name: string }[];
  readonly pendingInvite: boolean;
  readonly verified: boolean;
}

const identity: ResponseSchema<CallerIdentity> = v.object({
  accountId: maybe(v.string()),
  memberId: maybe(v.string()),
  clientId: maybe(v.string()),
  tokenName: maybe(v.string()),
  tokenKind: maybe(v.string()),
  authKind: maybe(v.string()),
  serviceToken: maybe(v.boolean()),
  scopes: maybe(v.array(v.string())),
});

const member: ResponseSchema<Member> = v.pipe(
  v.object({
    _id: id,
    email: v.string(),
    firstName: maybe(v.string()),
    lastName: maybe(v.string()),
    role: v.string(),
    customRoles: maybe(v.array(v.string())),
    teams: maybe(v.array(v.object({ key: id, name: maybe(v.string()) }))),
    _pendingInvite: maybe(v.boolean()),
    _verified: maybe(v.boolean()),
  }),
  v.transform(({ _id, email, firstName, lastName, role, customRoles, teams, _pendingInvite, _verified }) => ({
    id: _id,
    email,
    ...(firstName && { firstName }),
    ...(lastName && { lastName }),
    role,
    customRoles: customRoles ?? [],
    teams: (teams ?? []).map(({ key, name }) => ({ key, name: name ?? key })),
    pendingInvite: _pendingInvite ?? false,
    verified: _verified ?? false,
  })),
);

/** Who a credential stands for. */
export function memberOperations(callApi: RestApi) {
  return {
    /** `GET /api/v2/caller-identity`: what the credential stands for. https://launchdarkly.com/docs/api/other/get-caller-identity */
    getCallerIdentity(credential: Credential): Promise<CallerIdentity> {
      return callApi(credential, {
        operation: 'getCallerIdentity',
        path: '/api/v2/caller-identity',
        schema: identity,
      });
    },

    /** `GET /api/v2/members/me`. 404 for a token that belongs to no member. https://launchdarkly.com/docs/api/account-members/get-member */
    getCurrentMember(credential: Credential): Promise<Member> {
      return callApi(credential, { operation: 'getMember', path: '/api/v2/members/me', schema: member });
    },
  };
}
