import type { FactName } from './facts.ts';
import { FACTS } from './facts.ts';
import { NotProbed, NotVisible } from './findings.ts';
import type { Logins, Tokens } from './logins.ts';
import { createLogins, LOGINS, Refused } from './logins.ts';
import type { ProbedClient, Probing } from './probing.ts';
import { hasEnded } from './probing.ts';
import { ofToken, probeToken, scopesOf } from './token-probes.ts';

/** A scope that asks for a refresh token, where one has to be asked for. */
const withRefresh = 'reader offline_access';

/** The logins of one person with this client, and everything that their codes and tokens show. Deletes the client. */
export async function probeLogins(probing: Probing, client: ProbedClient): Promise<void> {
  const { findings } = probing;
  const oneMore = findings.facts['authorize.checks-before-login'] === 'no';
  const logins = createLogins(probing, client, oneMore ? LOGINS + 1 : LOGINS);

  const first = await probeFirstLogin(probing, logins);
  if (!first) return skipTheRest(probing, 'The first login did not succeed.');
  await probeSecondLogin(probing, logins);
  const offline = await probeOfflineAccess(probing, logins, first);
  const scope = first.refresh ? 'reader' : withRefresh;
  await probeRefresh(probing, logins, first.refresh ?? offline?.refresh);
  await probeWithoutPkce(probing, logins, scope);
  await probeWithoutScope(probing, logins);
  // The other one of the two may have ended with its refresh token.
  await probeRevocation(probing, logins, scope, first.refresh ? offline : first);
  if (oneMore) await probeChangedRedirectUri(probing, logins, scope);
  await probeDeletedClient(probing, logins, scope);
}

async function probeFirstLogin(probing: Probing, logins: Logins): Promise<Tokens | undefined> {
  const { findings, baseUri } = probing;
  let tokens: Tokens | undefined;
  await findings.probe(['authorize.iss', ...ofToken], async () => {
    const login = await logins.logIn('an ordinary one. Log in, and authorize the app.', { scope: 'reader' });
    findings.set('authorize.iss', login.iss === null ? 'none' : login.iss === baseUri ? 'right' : 'wrong');
    tokens = await logins.redeem(login);
    await probeToken(probing, tokens);
  });
  return tokens;
}

/** The same as the first one, so that what LaunchDarkly remembers shows. */
async function probeSecondLogin({ findings }: Probing, logins: Logins): Promise<void> {
  await findings.probe(['authorize.second-login', 'code.wrong-verifier', 'code.after-wrong-verifier'], async () => {
    const why = 'the same again. You will be asked what LaunchDarkly showed you.';
    const login = await logins.logIn(why, { scope: 'reader', ask: true });
    if (login.shown) findings.set('authorize.second-login', login.shown);
    const wrong = await logins.sendCode(login, 'wrong-'.repeat(8));
    findings.note('token.wrong-verifier', wrong);
    findings.set('code.wrong-verifier', wrong.status === 200 ? 'accepted' : 'refused');
    if (wrong.status === 200) {
      logins.read(wrong);
      throw new NotVisible('A wrong verifier is accepted.');
    }
    const right = await logins.sendCode(login);
    if (right.status === 200) logins.read(right);
    findings.set('code.after-wrong-verifier', right.status === 200 ? 'accepted' : 'refused');
  });
}

async function probeOfflineAccess(probing: Probing, logins: Logins, first: Tokens): Promise<Tokens | undefined> {
  const { findings } = probing;
  let tokens: Tokens | undefined;
  await findings.probe(['token.refresh-token', 'token.granted'], async () => {
    try {
      tokens = await logins.redeem(await logins.logIn(`asks for "${withRefresh}".`, { scope: withRefresh }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      findings.set('token.refresh-token', first.refresh ? 'always' : 'never');
      throw new NotVisible(error.message);
    }
    findings.set('token.refresh-token', first.refresh ? 'always' : tokens.refresh ? 'offline_access' : 'never');
    const granted = (await scopesOf(probing, tokens)).join(' ');
    const known = { '': 'none', reader: 'reader', [withRefresh.split(' ').sort().join(' ')]: 'asked' } as const;
    findings.set('token.granted', known[granted] ?? 'other');
  });
  return tokens;
}

async function probeRefresh(probing: Probing, logins: Logins, old: string | undefined): Promise<void> {
  const { findings } = probing;
  await findings.probe(['refresh.answer', 'refresh.reuse'], async () => {
    if (!old) throw new NotVisible('There is no refresh token.');
    const { access, refresh } = logins.read(await logins.sendRefreshToken(old));
    findings.set('refresh.answer', refresh === undefined ? 'omit' : refresh === old ? 'same' : 'rotate');
    if (!refresh || refresh === old) throw new NotVisible('The refresh token stays the same.');
    const again = await logins.sendRefreshToken(old);
    findings.note('token.used-refresh-token', again);
    if (again.status === 200) logins.read(again);
    const refused = async () => ((await hasEnded(probing, access)) ? 'revoke' : 'refuse');
    findings.set('refresh.reuse', again.status === 200 ? 'accept' : await refused());
  });
}

async function probeWithoutPkce({ findings }: Probing, logins: Logins, scope: string): Promise<void> {
  await findings.probe(['authorize.without-pkce'], async () => {
    const why = 'without PKCE. If it ends at an error page, say so here.';
    const tokens = await unlessRefused(async () => logins.redeem(await logins.logIn(why, { scope, pkce: false })));
    findings.set('authorize.without-pkce', tokens ? 'accepted' : 'refused');
  });
}

async function probeWithoutScope(probing: Probing, logins: Logins): Promise<void> {
  const { findings } = probing;
  const code = ['code.second-use', 'code.second-use-ends-tokens'] as const;
  await findings.probe(['authorize.without-scope', 'authorize.default-scope', ...code], async () => {
    const accepted = await unlessRefused(async () => {
      const login = await logins.logIn('without a scope. If it ends at an error page, say so here.', {});
      return { login, tokens: await logins.redeem(login) };
    });
    findings.set('authorize.without-scope', accepted ? 'accepted' : 'refused');
    if (!accepted) throw new NotVisible('A login without a scope is refused.');
    const { login, tokens } = accepted;
    await findings.probe(['authorize.default-scope'], async () => {
      findings.set('authorize.default-scope', await scopesOf(probing, tokens));
    });
    const again = await logins.sendCode(login);
    findings.note('token.used-code', again);
    findings.set('code.second-use', again.status === 200 ? 'accepted' : 'refused');
    if (again.status === 200) logins.read(again);
    findings.set('code.second-use-ends-tokens', (await hasEnded(probing, tokens.access)) ? 'yes' : 'no');
  });
}

/** Undefined when LaunchDarkly refuses such a login. */
async function unlessRefused<T>(login: () => Promise<T>): Promise<T | undefined> {
  try {
    return await login();
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

async function probeRevocation(
  probing: Probing,
  logins: Logins,
  scope: string,
  other: Tokens | undefined,
): Promise<void> {
  const { calls, findings } = probing;
  await findings.probe(['revocation.ends'], async () => {
    const { access, refresh } = await logins.redeem(await logins.logIn('its tokens are revoked again.', { scope }));
    if (!other || (await hasEnded(probing, other.access))) throw new NotProbed('No other login was left to look at.');
    const { status } = await calls.revoke(logins.client, refresh ?? access);
    if (status !== 200) throw new NotProbed(`The revocation endpoint answered with status ${status}.`);
    if (await hasEnded(probing, other.access)) return findings.set('revocation.ends', 'member');
    if (!refresh) throw new NotVisible('Without a refresh token, "token" and "grant" are the same.');
    findings.set('revocation.ends', (await hasEnded(probing, access)) ? 'grant' : 'token');
  });
}

async function probeChangedRedirectUri(probing: Probing, logins: Logins, scope: string): Promise<void> {
  const { findings, launchDarkly, apiToken, wait } = probing;
  const { clientId, redirectUri } = logins.client;
  const changeTo = (uri: string) => launchDarkly.patchOAuth2Client({ apiToken }, clientId, { redirectUri: uri });
  const changed = `${redirectUri}-changed`;
  delete findings.notProbed['client.redirect-uri-change'];
  await findings.probe(['client.redirect-uri-change'], async () => {
    await changeTo(changed);
    const why = 'its redirect URI was changed just now. If it ends at an error page, say so here.';
    const login = await unlessRefused(() => logins.logIn(why, { scope, redirectUri: changed }));
    await changeTo(redirectUri);
    if (login) return findings.set('client.redirect-uri-change', 0);
    await wait(30_000); // for both changes, before the last login
    throw new NotVisible('It is not in effect at once.');
  });
}

async function probeDeletedClient(probing: Probing, logins: Logins, scope: string): Promise<void> {
  const { calls, findings, traces, launchDarkly, apiToken, tell } = probing;
  await findings.probe(['client.deleted'], async () => {
    await traces.revokeTokens(calls); // of the earlier logins, while the client may still do so
    const why = 'the client is deleted while this login lasts.';
    const { access, refresh } = await logins.redeem(await logins.logIn(why, { scope }));
    await launchDarkly.deleteOAuth2Client({ apiToken }, logins.client.clientId);
    const ended = await hasEnded(probing, access);
    findings.set('client.deleted', ended ? 'access token ends' : 'access token lives');
    if (refresh) findings.note('token.deleted-client', await logins.sendRefreshToken(refresh));
    if (!ended) tell('The last access token outlives its client. It ends by itself; it can only read.');
  });
}

/** Nothing after a login that failed can be seen. */
function skipTheRest({ findings }: Probing, reason: string): void {
  for (const name of Object.keys(FACTS) as FactName[]) {
    if (!(name in findings.facts)) findings.notProbed[name] ??= reason;
  }
}
