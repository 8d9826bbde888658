import { readFileSync } from 'node:fs';
import { SandboxError } from './sandbox-error.ts';
import { checkSwitches } from './switch-values.ts';
import type { Switches } from './switches.ts';

/** The version of the report's format that is read here. */
const VERSION = 1;

/** Switches as a report about a LaunchDarkly has them. */
export interface Likeness {
  switches: Partial<Switches>;
  /** Facts for which no switch has a value, as `name: value`. */
  unlike: string[];
}

/** What a fact says about switches; undefined when no switch can be set like that. */
type Reading = (value: unknown) => Partial<Switches> | undefined;

const byValue =
  (readings: Readonly<Record<string, Partial<Switches>>>): Reading =>
  (value) =>
    readings[String(value)];
const accepted = (name: keyof Switches): Reading =>
  byValue({ accepted: { [name]: true }, refused: { [name]: false } });
const refused = (name: keyof Switches): Reading =>
  byValue({ accepted: { [name]: false }, refused: { [name]: true } });
/** The value as it stands, if the switch has it. */
const same =
  (name: keyof Switches): Reading =>
  (value) => {
    try {
      return checkSwitches({ [name]: value });
    } catch {
      return undefined;
    }
  };

/** By the name of the fact. A report has more of them, which no switch is about. */
const READINGS: Readonly<Record<string, Reading>> = {
  'client.http-localhost': accepted('httpLocalhostRedirectUris'),
  'client.duplicate-name': refused('refuseDuplicateNames'),
  'client.redirect-uri-change': same('redirectUriDelay'),
  'client.list-page': same('clientListPageSize'),
  'client.next-link': byValue({
    absolute: { absoluteNextLinks: true },
    relative: { absoluteNextLinks: false },
  }),
  'client.secret': byValue({
    'url-safe': { awkwardSecrets: false },
    'other characters': { awkwardSecrets: true },
  }),
  'client.deleted': byValue({
    'access token lives': { tokensOutliveClient: true },
    'access token ends': { tokensOutliveClient: false },
  }),
  'api.rate-limit': same('rateLimit'),
  'api.no-rights': same('weakTokenStatus'),
  'authorize.iss': same('iss'),
  'authorize.without-pkce': refused('requirePkce'),
  'authorize.without-scope': refused('requireScope'),
  'authorize.second-login': byValue({
    nothing: { rememberSession: true, rememberConsent: true },
    login: { rememberSession: false, rememberConsent: true },
    consent: { rememberSession: true, rememberConsent: false },
    both: { rememberSession: false, rememberConsent: false },
  }),
  'authorize.openid-connect': byValue({
    present: { openIdConnect: true },
    absent: { openIdConnect: false },
  }),
  'code.wrong-verifier': refused('checkPkce'),
  'token.expires-in': (seconds) =>
    seconds === 0
      ? { returnExpiresIn: false }
      : same('accessTokenLifetime')(seconds) && {
          returnExpiresIn: true,
          ...same('accessTokenLifetime')(seconds),
        },
  'token.scope': byValue({ present: { returnScope: true }, absent: { returnScope: false } }),
  'token.granted': same('grantedScope'),
  'token.format': same('accessTokenFormat'),
  'token.refresh-token': same('refreshTokens'),
  'token.errors': same('tokenErrors'),
  'token.basic': same('basicCredentials'),
  'refresh.answer': same('refreshAnswer'),
  'refresh.reuse': same('refreshTokenReuse'),
  'revocation.ends': same('revocationScope'),
};

/** Reads a facts report. Throws `SandboxError` that says what is wrong with the file. */
export function readFactsReport(path: string): Likeness {
  const what = `The facts report ${path}`;
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const { code } = Object(cause);
    const why = code === undefined ? 'it is no JSON' : code === 'ENOENT' ? 'there is no such file' : code;
    throw new SandboxError(`${what} cannot be read: ${why}.`, { cause });
  }
  return likeReport(report, what);
}

/** The switches that make a sandbox behave as a report says. Throws `SandboxError` when it is no report, or of another version. */
export function likeReport(report: unknown, what = 'The facts report'): Likeness {
  const { version, facts } = Object(report) as { version?: unknown; facts?: unknown };
  if (version === undefined || typeof facts !== 'object' || facts === null) {
    throw new SandboxError(`${what} cannot be used: it has no "version" and "facts".`);
  }
  if (version !== VERSION) {
    throw new SandboxError(
      `${what} cannot be used: its version is ${JSON.stringify(version)}, and this sandbox reads version ${VERSION}.`,
    );
  }
  const switches: Partial<Switches> = {};
  const unlike: string[] = [];
  for (const [name, value] of Object.entries(facts)) {
    const reading = Object.hasOwn(READINGS, name) ? READINGS[name] : undefined;
    const set = reading?.(value);
    if (reading && !set) unlike.push(`${name}: ${JSON.stringify(value)}`);
    Object.assign(switches, set);
  }
  const loose = ['api.bearer-api-token', 'api.raw-oauth-token'].map((name) => Reflect.get(facts, name));
  // One switch is about both; where they differ, or one is unknown, the stricter way stays.
  if (loose.every((value) => value === 'accepted')) switches.looseAuthorizationHeader = true;
  else if (loose.every((value) => value === 'refused')) switches.looseAuthorizationHeader = false;
  return { switches, unlike };
}
