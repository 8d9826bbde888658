import { ROLES } from './model.ts';

const text = (description: string) => ({ type: 'string', minLength: 1, description });
const texts = (description: string) => ({
  type: 'array',
  items: { type: 'string', minLength: 1 },
  description,
});
const flag = (description: string) => ({ type: 'boolean', description });
const object = (required: readonly string[], properties: object) => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties,
});

/** JSON Schema (2020-12) of a seed file, for editors and other programs. A test holds it against what is accepted. */
export const SEED_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Who lives in a LaunchDarkly sandbox at the start',
  ...object(['accounts'], {
    $schema: { type: 'string' },
    accounts: {
      type: 'array',
      minItems: 1,
      description: 'The first account owns the API access tokens, and so the clients registered with them.',
      items: object(['organization', 'members'], {
        organization: text('The name of the account. Its id is made from it.'),
        projects: {
          type: 'array',
          items: object(['key', 'name'], {
            key: text('The project key.'),
            name: text('The name of the project.'),
            tags: texts('The tags of the project.'),
          }),
        },
        members: {
          type: 'array',
          minItems: 1,
          items: object(['email'], {
            email: { ...text('The e-mail address. The id is made from it and the account.'), pattern: '@' },
            firstName: text('May be missing, as at LaunchDarkly.'),
            lastName: text('May be missing, as at LaunchDarkly.'),
            role: { enum: ROLES, description: 'The base role; reader when left out.' },
            customRoles: texts('Ids of custom roles. While there are any, the base role is not in effect.'),
            teams: {
              type: 'array',
              items: object(['key', 'name'], {
                key: text('The team key.'),
                name: text('The name of the team.'),
                customRoleKeys: texts('Keys of the roles that the team gives.'),
              }),
            },
            pendingInvite: flag('The invitation was not accepted yet.'),
            verified: flag('The e-mail address is verified; true when left out.'),
            projects: texts('Keys of the projects that the member may see; all when left out.'),
            about: text('One line for the sign-in page.'),
            group: text('The heading that the sign-in page shows this person under.'),
          }),
        },
        clients: {
          type: 'array',
          description: 'OAuth2 clients that are registered from the start.',
          items: object(['name', 'redirectUri', 'secret'], {
            name: text('The name on the consent page.'),
            redirectUri: text('An absolute https URL without query and fragment.'),
            secret: { ...text('The client secret, in printable ASCII.'), pattern: '^[\\x20-\\x7e]+$' },
            description: { type: 'string' },
            id: {
              ...text('The client id; made from account and name when left out.'),
              pattern: '^[\\x21-\\x7e]+$',
            },
          }),
        },
      }),
    },
  }),
};
