import type { JsonObject } from './json-object.ts';
import type { Credential, RestApi } from './rest-api.ts';

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

/** `GET /api/v2/caller-identity`: what the credential stands for. https://launchdarkly.com/docs/api/other/get-caller-identity */
export function getCallerIdentity(callApi: RestApi, credential: Credential): Promise<CallerIdentity> {
  return callApi(credential, {
    operation: 'getCallerIdentity',
    path: '/api/v2/caller-identity',
    read: (body) => ({
      accountId: body.text('accountId'),
      memberId: body.text('memberId'),
      clientId: body.text('clientId'),
      tokenName: body.text('tokenName'),
      tokenKind: body.text('tokenKind'),
      authKind: body.text('authKind'),
      serviceToken: body.flag('serviceToken'),
      scopes: body.texts('scopes'),
    }),
  });
}

/** `GET /api/v2/members/me`. 404 for a token that belongs to no member. https://launchdarkly.com/docs/api/account-members/get-member */
export function getCurrentMember(callApi: RestApi, credential: Credential): Promise<Member> {
  return callApi(credential, { operation: 'getMember', path: '/api/v2/members/me', read: readMember });
}

function readMember(body: JsonObject): Member {
  const firstName = body.text('firstName');
  const lastName = body.text('lastName');
  return {
    id: body.id('_id'),
    email: body.requiredText('email'),
    ...(firstName && { firstName }),
    ...(lastName && { lastName }),
    role: body.requiredText('role'),
    customRoles: body.texts('customRoles') ?? [],
    teams: (body.objects('teams') ?? []).map(readTeam),
    pendingInvite: body.flag('_pendingInvite') ?? false,
    verified: body.flag('_verified') ?? false,
  };
}

function readTeam(body: JsonObject): Member['teams'][number] {
  const key = body.id('key');
  return { key, name: body.text('name') ?? key };
}
