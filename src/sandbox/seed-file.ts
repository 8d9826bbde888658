import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { ROLES } from './model.ts';
import { SandboxError } from './sandbox-error.ts';
import type { Seed } from './seed.ts';

const text = v.pipe(v.string('must be a string'), v.nonEmpty('must not be empty'));
const texts = v.array(text, 'must be a list');
const flag = v.boolean('must be true or false');

const Team = v.strictObject({
  key: text,
  name: text,
  customRoleKeys: v.exactOptional(texts),
});

const SeedMemberSchema = v.strictObject({
  email: v.pipe(text, v.includes('@', 'must be an e-mail address')),
  firstName: v.exactOptional(text),
  lastName: v.exactOptional(text),
  role: v.exactOptional(v.picklist(ROLES, `must be one of ${ROLES.join(', ')}`)),
  customRoles: v.exactOptional(texts),
  teams: v.exactOptional(v.array(Team, 'must be a list')),
  pendingInvite: v.exactOptional(flag),
  verified: v.exactOptional(flag),
  projects: v.exactOptional(texts),
  about: v.exactOptional(text),
  group: v.exactOptional(text),
});

const Client = v.strictObject({
  name: text,
  redirectUri: text,
  secret: v.pipe(text, v.regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')),
  description: v.exactOptional(v.string('must be a string')),
  id: v.exactOptional(v.pipe(text, v.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks'))),
});

const Project = v.strictObject({ key: text, name: text, tags: v.exactOptional(texts) });

const SeedSchema = v.strictObject({
  $schema: v.exactOptional(v.string('must be a string')),
  accounts: v.pipe(
    v.array(
      v.strictObject({
        organization: text,
        projects: v.exactOptional(v.array(Project, 'must be a list')),
        members: v.pipe(v.array(SeedMemberSchema, 'must be a list'), v.minLength(1, 'must name a member')),
        clients: v.exactOptional(v.array(Client, 'must be a list')),
      }),
      'must be a list',
    ),
    v.minLength(1, 'must name an account'),
  ),
});

/** Reads who lives in the sandbox from a JSON file. Throws `SandboxError` that names each mistake in it by its place. */
export async function readSeedFile(path: string): Promise<Seed> {
  return checkSeed(await readJsonFile(path), `The seed file ${path}`);
}

/** Checks a seed that came as JSON. Throws `SandboxError` that names each mistake in it by its place. */
export function checkSeed(value: unknown, what = 'The seed'): Seed {
  const result = v.safeParse(SeedSchema, value);
  if (!result.success) {
    const problems = result.issues.map(
      (issue) => `  ${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`,
    );
    throw new SandboxError(`${what} cannot be used:\n${problems.join('\n')}`);
  }
  refuseDoubles(result.output, what);
  return { accounts: result.output.accounts };
}

async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const { code } = Object(cause);
    const what = code === undefined ? 'it is no JSON' : code === 'ENOENT' ? 'there is no such file' : code;
    throw new SandboxError(`The seed file ${path} cannot be read: ${what}.`, { cause });
  }
}

/** Ids are made from these names, so that a restart finds the same people and clients. */
function refuseDoubles({ accounts }: Seed, what: string): void {
  const names = accounts.flatMap(({ organization, members, clients = [] }) => [
    organization,
    ...members.map(({ email }) => `${organization}: ${email}`),
    ...clients.map(({ id, name }) => (id === undefined ? `${organization}: client ${name}` : `client ${id}`)),
  ]);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double) throw new SandboxError(`${what} names "${double}" twice.`);
}
