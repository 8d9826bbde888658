import type { Answer } from './calls.ts';
import type { FactName } from './facts.ts';
import { WORD } from './facts.ts';
import { NotProbed, NotVisible } from './findings.ts';
import type { Tokens } from './logins.ts';
import type { Probing } from './probing.ts';

/** What `probeToken` looks for. */
export const ofToken: readonly FactName[] = [
  ...(['token.fields', 'token.expires-in', 'token.scope', 'token.format', 'token.length'] as const),
  ...(['api.caller-identity-fields', 'api.auth-kind', 'api.token-kind'] as const),
  ...(['api.own-profile', 'api.raw-oauth-token', 'api.no-rights'] as const),
];

/** What can be seen of the tokens of an ordinary login, and of what they are good for. */
export async function probeToken({ calls, findings }: Probing, { access, answer }: Tokens): Promise<void> {
  const { expires_in: lifetime, scope } = answer.json;
  const parts = access.split('.').length;
  findings.set('token.fields', names(answer));
  findings.set('token.scope', typeof scope === 'string' ? 'present' : 'absent');
  findings.set('token.format', parts === 3 ? 'jwt' : parts === 1 ? 'opaque' : 'other');
  findings.set('token.length', lengthOf(access));
  findings.set('token.expires-in', lifetime === undefined || lifetime === null ? 0 : Number(lifetime));

  await findings.probe(['api.caller-identity-fields', 'api.auth-kind', 'api.token-kind'], async () => {
    const identity = await calls.callerIdentity(access);
    findings.note('caller-identity.oauth-token', identity);
    findings.set('api.caller-identity-fields', names(identity));
    const { authKind, tokenKind } = identity.json;
    if (typeof authKind === 'string') findings.set('api.auth-kind', authKind);
    if (typeof tokenKind === 'string') findings.set('api.token-kind', tokenKind);
  });
  await findings.probe(['api.own-profile'], async () => {
    const profile = await calls.get(calls.urls.currentMember, `Bearer ${access}`);
    findings.note('own-profile.oauth-token', profile);
    findings.set('api.own-profile', profile.status === 200 ? 'readable' : 'refused');
  });
  await findings.probe(['api.raw-oauth-token'], async () => {
    const raw = await calls.get(calls.urls.callerIdentity, access);
    findings.set('api.raw-oauth-token', raw.status === 200 ? 'accepted' : 'refused');
  });
  await findings.probe(['api.no-rights'], async () => {
    const { status } = await calls.get(calls.urls.clients, `Bearer ${access}`);
    if (status !== 401 && status !== 403) throw new NotProbed(`It got status ${status}.`);
    findings.set('api.no-rights', status);
  });
}

/** The scopes of a token. Throws `NotVisible` when neither answer says them. */
export async function scopesOf({ calls }: Probing, { access, answer }: Tokens): Promise<string[]> {
  const { scopes } = (await calls.callerIdentity(access)).json;
  if (Array.isArray(scopes)) return scopes.map(String).sort();
  if (typeof answer.json.scope === 'string') return answer.json.scope.split(' ').filter(Boolean).sort();
  throw new NotVisible('No answer says what was granted.');
}

function names({ json }: Answer): string[] {
  return Object.keys(json)
    .filter((name) => WORD.test(name))
    .sort();
}

function lengthOf({ length }: string) {
  return length <= 64 ? 'up to 64' : length <= 256 ? 'up to 256' : length <= 1024 ? 'up to 1024' : 'longer';
}
