import type {
  CallerIdentityRep,
  Client,
  ClientCollection,
  Member,
  Members,
  Project,
  Projects,
  Team,
  ValidationFailedErrorRep,
} from 'launchdarkly-api-typescript';
import * as v from 'valibot';

/**
 * The schemas of LaunchDarkly's OpenAPI document for what a login calls: required and optional attributes and their types.
 * Attributes that are in no schema fail, so that nothing is served which LaunchDarkly does not have. The compiler holds
 * each against the types that LaunchDarkly generates from the same document.
 */
const Link = v.strictObject({ href: v.exactOptional(v.string()), type: v.exactOptional(v.string()) });
const Links = v.record(v.string(), Link);
const timestamp = v.pipe(v.number(), v.integer(), v.minValue(1_400_000_000_000));

const ClientSchema = v.strictObject({
  _links: Links,
  name: v.string(),
  description: v.exactOptional(v.string()),
  _accountId: v.string(),
  _clientId: v.string(),
  _clientSecret: v.exactOptional(v.string()),
  redirectUri: v.string(),
  _creationDate: timestamp,
});

const MemberSchema = v.strictObject({
  _links: Links,
  _id: v.string(),
  firstName: v.exactOptional(v.string()),
  lastName: v.exactOptional(v.string()),
  role: v.string(),
  email: v.string(),
  _pendingInvite: v.boolean(),
  _verified: v.boolean(),
  customRoles: v.array(v.string()),
  mfa: v.string(),
  _lastSeen: timestamp,
  creationDate: timestamp,
  teams: v.exactOptional(
    v.array(
      v.strictObject({
        customRoleKeys: v.array(v.string()),
        key: v.string(),
        _links: v.exactOptional(Links),
        name: v.string(),
      }),
    ),
  ),
  roleAttributes: v.exactOptional(v.record(v.string(), v.array(v.string()))),
});

const CallerIdentitySchema = v.strictObject({
  accountId: v.exactOptional(v.string()),
  authKind: v.exactOptional(v.string()),
  tokenKind: v.exactOptional(v.string()),
  clientId: v.exactOptional(v.string()),
  tokenName: v.exactOptional(v.string()),
  tokenId: v.exactOptional(v.string()),
  memberId: v.exactOptional(v.string()),
  serviceToken: v.exactOptional(v.boolean()),
  // In the document's newest version; not yet in the generated types.
  scopes: v.exactOptional(v.array(v.string())),
});

const ProjectSchema = v.strictObject({
  _links: Links,
  _id: v.string(),
  key: v.string(),
  includeInSnippetByDefault: v.boolean(),
  defaultClientSideAvailability: v.exactOptional(
    v.strictObject({ usingMobileKey: v.boolean(), usingEnvironmentId: v.boolean() }),
  ),
  name: v.string(),
  tags: v.array(v.string()),
});

const page = <T extends v.GenericSchema>(item: T) =>
  v.strictObject({ _links: Links, items: v.array(item), totalCount: v.exactOptional(v.number()) });

const TeamSchema = v.strictObject({
  key: v.exactOptional(v.string()),
  name: v.exactOptional(v.string()),
  _links: v.exactOptional(Links),
});

const ValidationFailedSchema = v.strictObject({
  code: v.string(),
  message: v.string(),
  errors: v.array(v.strictObject({ attribute: v.string(), reason: v.string() })),
});

const CollectionSchema = v.strictObject({ _links: Links, items: v.array(ClientSchema) });
const ErrorSchema = v.strictObject({ code: v.string(), message: v.string() });

/** Checks an answer's body. Throws, naming the attribute, when it is not of the shape. */
export const shapes = {
  client: (body: unknown): Client => v.parse(ClientSchema, body),
  clients: (body: unknown): ClientCollection => v.parse(CollectionSchema, body),
  member: (body: unknown): Member => v.parse(MemberSchema, body),
  callerIdentity: (body: unknown): CallerIdentityRep => v.parse(CallerIdentitySchema, body),
  members: (body: unknown): Members => v.parse(page(MemberSchema), body),
  team: (body: unknown): Team => v.parse(TeamSchema, body),
  project: (body: unknown): Project => v.parse(ProjectSchema, body),
  projects: (body: unknown): Projects => v.parse(page(ProjectSchema), body),
  validationFailed: (body: unknown): ValidationFailedErrorRep => v.parse(ValidationFailedSchema, body),
  error: (body: unknown) => v.parse(ErrorSchema, body),
};
