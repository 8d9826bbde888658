import { SandboxError } from './sandbox-error.ts';
import type { Switches } from './switches.ts';

/** How a switch is shown on its page, and what it may be set to. */
export type SwitchField = { title: string } & (
  | { kind: 'flag' }
  | { kind: 'choice'; choices: readonly (string | number)[] }
  | { kind: 'number'; from: number; to: number; unit: string }
);

const seconds = (title: string): SwitchField => ({
  title,
  kind: 'number',
  from: 0,
  to: 315_360_000,
  unit: 'seconds',
});
const flag = (title: string): SwitchField => ({ title, kind: 'flag' });

/** Every switch with its title and what it may be set to. */
export const SWITCH_FIELDS: Readonly<Record<keyof Switches, SwitchField>> = {
  httpLocalhostRedirectUris: flag('Accept http redirect URIs on localhost'),
  verifiedClients: flag('Clients are verified: members of any account may log in'),
  outsiderAnswer: {
    title: 'Outsiders at an unverified client meet',
    kind: 'choice',
    choices: ['page', 'redirect'],
  },
  clientListPageSize: {
    title: 'Clients on a page of the list (0: all)',
    kind: 'number',
    from: 0,
    to: 1000,
    unit: 'clients',
  },
  absoluteNextLinks: flag('Links to the next page are absolute URLs'),
  weakTokenStatus: { title: 'An API token whose role is too weak gets', kind: 'choice', choices: [403, 401] },
  looseAuthorizationHeader: flag('Accept API tokens after Bearer, and OAuth tokens without it'),
  noAccessReadsProfile: flag('Members with no_access may read their own profile'),
  requirePkce: flag('Require PKCE'),
  requireScope: flag('Require a scope'),
  iss: { title: 'iss in the answer to the app', kind: 'choice', choices: ['none', 'right', 'wrong'] },
  refreshTokens: {
    title: 'Refresh tokens are given',
    kind: 'choice',
    choices: ['always', 'offline_access', 'never'],
  },
  grantedScope: { title: 'Granted scope', kind: 'choice', choices: ['asked', 'reader', 'none'] },
  rotateRefreshTokens: flag('Rotate refresh tokens, and punish their reuse'),
  codeLifetime: seconds('Authorization codes live'),
  accessTokenLifetime: seconds('Access tokens live'),
  refreshTokenLifetime: seconds('Refresh tokens live'),
  openIdConnect: flag('Speak OpenID Connect: the scope openid, and /trust/oidc/*'),
  awkwardSecrets: flag('Client secrets with awkward characters'),
  rateLimit: { title: 'Calls allowed in ten seconds', kind: 'number', from: 1, to: 1_000_000, unit: 'calls' },
};

/** Every switch, in the order of its page. */
export const SWITCH_NAMES = Object.keys(SWITCH_FIELDS) as (keyof Switches)[];

/** Checks changes to the switches, whoever asks for them. Throws `SandboxError` naming the first bad one. */
export function checkSwitches(changes: object): Partial<Switches> {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(SWITCH_FIELDS, name)) {
      throw new SandboxError(`There is no switch "${name}". There are: ${SWITCH_NAMES.join(', ')}.`);
    }
    const rule = brokenRule(SWITCH_FIELDS[name as keyof Switches], value);
    if (rule) throw new SandboxError(`${name} must be ${rule}.`);
  }
  return changes;
}

/** Reads the form of the switches' page, where every switch is a field. */
export function switchesFromForm(form: Record<string, string>): Partial<Switches> {
  const entries = SWITCH_NAMES.map((name) => [name, fromText(SWITCH_FIELDS[name], form[name])]);
  return checkSwitches(Object.fromEntries(entries));
}

/** Reads a switch from text, as in `name=value`. */
export function switchFromText(name: string, text: string): Partial<Switches> {
  const field = SWITCH_NAMES.find((known) => known === name);
  const value = field && fromText(SWITCH_FIELDS[field], text);
  return checkSwitches({ [name]: value ?? text });
}

function brokenRule(field: SwitchField, value: unknown): string | undefined {
  if (field.kind === 'flag') return typeof value === 'boolean' ? undefined : 'true or false';
  if (field.kind === 'choice') {
    return field.choices.some((choice) => choice === value)
      ? undefined
      : `one of ${field.choices.join(', ')}`;
  }
  const { from, to } = field;
  const fits = Number.isInteger(value) && Number(value) >= from && Number(value) <= to;
  return fits ? undefined : `a whole number from ${from} to ${to}`;
}

function fromText(field: SwitchField, text = ''): unknown {
  if (field.kind === 'flag')
    return text === 'on' || text === 'true' ? true : text === '' || text === 'false' ? false : text;
  if (field.kind === 'choice') return field.choices.find((choice) => String(choice) === text) ?? text;
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}
