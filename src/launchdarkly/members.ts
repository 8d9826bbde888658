import * as v from 'valibot';
import type { Credential, RestApi } from './rest-api.ts';

const identity = v.object({
  accountId: v.optional(v.string()),
  memberId: v.optional(v.string()),
  clientId: v.optional(v.string()),
  tokenName: v.optional(v.string()),
  tokenKind: v.optional(v.string()),
  authKind: v.optional(v.string()),
  serviceToken: v.optional(v.boolean()),
  scopes: v.optional(v.nullable(v.array(v.string()))),
});

/** What a token stands for. LaunchDarkly promises none of the fields. */
export type CallerIdentity = v.InferOutput<typeof identity>;

const team = v.object({ key: v.string(), name: v.optional(v.string()) });

const member = v.pipe(
  v.object({
    _id: v.pipe(v.string(), v.minLength(1)),
    email: v.string(),
    firstName: v.nullish(v.string()),
    lastName: v.nullish(v.string()),
    role: v.string(),
    customRoles: v.nullish(v.array(v.string())),
    teams: v.nullish(v.array(team)),
    _pendingInvite: v.nullish(v.boolean()),
    _verified: v.nullish(v.boolean()),
  }),
  v.transform((body) => ({
    id: body._id,
    email: body.email,
    ...(body.firstName && { firstName: body.firstName }),
    ...(body.lastName && { lastName: body.lastName }),
    role: body.role,
    /** Keys or ids: LaunchDarkly's sources disagree. For display only. */
    customRoles: body.customRoles ?? [],
    teams: (body.teams ?? []).map(({ key, name }) => ({ key, name: name ?? key })),
    pendingInvite: body._pendingInvite ?? false,
    verified: body._verified ?? false,
  })),
);

/** An account member, as members/me describes them. It does not say which account. */
export type Member = v.InferOutput<typeof member>;

/** `GET /api/v2/caller-identity`: what the credential stands for. https://launchdarkly.com/docs/api/other/get-caller-identity */
export function getCallerIdentity(callApi: RestApi, credential: Credential): Promise<CallerIdentity> {
  return callApi(credential, {
    operation: 'getCallerIdentity',
    path: '/api/v2/caller-identity',
    schema: identity,
  });
}

/** `GET /api/v2/members/me`. 404 for a token that belongs to no member. https://launchdarkly.com/docs/api/account-members/get-member */
export function getCurrentMember(callApi: RestApi, credential: Credential): Promise<Member> {
  return callApi(credential, { operation: 'getMember', path: '/api/v2/members/me', schema: member });
}
