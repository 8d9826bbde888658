import * as v from 'valibot';
import { type Credential, id, maybe, type RestApi } from './rest-api.ts';

const identity = v.object({
  accountId: maybe(v.string()),
  /** Missing for a token that belongs to no member. */
  memberId: maybe(v.string()),
  /** The OAuth client that a token was issued to. */
  clientId: maybe(v.string()),
  tokenName: maybe(v.string()),
  tokenKind: maybe(v.string()),
  authKind: maybe(v.string()),
  serviceToken: maybe(v.boolean()),
  scopes: maybe(v.array(v.string())),
});

/** What a token stands for. LaunchDarkly promises none of the fields. */
export type CallerIdentity = Readonly<Partial<v.InferOutput<typeof identity>>>;

const member = v.pipe(
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
    /** The base role, in effect only while there are no custom roles. */
    role,
    /** Keys or ids: LaunchDarkly's sources disagree. For display only. */
    customRoles: customRoles ?? [],
    teams: (teams ?? []).map(({ key, name }) => ({ key, name: name ?? key })),
    pendingInvite: _pendingInvite ?? false,
    verified: _verified ?? false,
  })),
);

/** An account member, as members/me describes them. It does not say which account. */
export type Member = Readonly<v.InferOutput<typeof member>>;

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
