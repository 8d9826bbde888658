import { randomBytes } from 'node:crypto';
import type { CreatedOAuth2Client } from '../../../src/launchdarkly/index.ts';
import { LaunchDarklyApiError, launchDarklyOAuthServer, readClientPage } from '../../../src/launchdarkly/index.ts';
import type { Answer } from './calls.ts';
import { NotProbed, NotVisible } from './findings.ts';
import type { ProbedClient, Probing } from './probing.ts';
import { usable } from './probing.ts';

/** Where the second client would send people; nobody goes there. */
const elsewhere = 'https://localhost/facts-report';

/**
 * Registers the client to log in with and a second one, and looks at how that is received. Rejects with
 * `LaunchDarklyApiError` when no client can be registered.
 */
export async function probeRegistration(probing: Probing): Promise<ProbedClient> {
  const { findings, traces, person, redirectUri } = probing;
  let main: CreatedOAuth2Client | undefined;
  await findings.probe(['client.http-localhost'], async () => {
    main = await tryToRegister(probing, 'client.http-localhost', () => traces.register(person.redirectUris.http));
  });
  if (!main || redirectUri) main = await traces.register(redirectUri ?? person.redirectUris.https);
  const client = usable(main);
  findings.set('client.secret', /^[\w.~-]+$/.test(client.clientSecret) ? 'url-safe' : 'other characters');
  await probeSecondClient(probing, main.name);
  await probeCredentials(probing, client);
  return client;
}

async function probeSecondClient(probing: Probing, takenName: string): Promise<void> {
  const { findings, traces } = probing;
  let second: CreatedOAuth2Client | undefined;
  await findings.probe(['client.duplicate-name'], async () => {
    second = await tryToRegister(probing, 'client.duplicate-name', () => traces.register(elsewhere, takenName));
  });
  await findings.probe(['client.redirect-uri-change', 'authorize.checks-before-login'], async () => {
    await probeChange(probing, second ?? (await traces.register(elsewhere)));
  });
  await findings.probe(['client.list-page', 'client.next-link', 'api.rate-limit'], () => probeList(probing));
}

/** Undefined when LaunchDarkly refuses the client as it is. */
async function tryToRegister(
  { findings }: Probing,
  fact: 'client.http-localhost' | 'client.duplicate-name',
  register: () => Promise<CreatedOAuth2Client>,
): Promise<CreatedOAuth2Client | undefined> {
  try {
    const client = await register();
    findings.set(fact, 'accepted');
    return client;
  } catch (error) {
    const refused = error instanceof LaunchDarklyApiError && /^(invalid_request|conflict)$/.test(error.reason);
    if (!refused) throw error;
    findings.answers[fact] = { status: error.status ?? 0, shape: error.serverMessage ? 'rest' : 'empty' };
    findings.set(fact, 'refused');
    return undefined;
  }
}

/** How many seconds a changed redirect URI is waited for. */
const longestDelay = 30;

/** Without a login this shows only where LaunchDarkly looks at the redirect URI before it asks who is there. */
async function probeChange(probing: Probing, { clientId }: CreatedOAuth2Client): Promise<void> {
  const { calls, launchDarkly, apiToken, findings, wait } = probing;
  const challenge = { code_challenge: randomBytes(32).toString('base64url'), code_challenge_method: 'S256' };
  const authorize = async (redirect: string, id = clientId) => {
    const request = { response_type: 'code', client_id: id, redirect_uri: redirect, scope: 'reader', state: 'facts' };
    return calls.authorize({ ...request, ...challenge });
  };
  const registered = await authorize(elsewhere);
  const other = await authorize(`${elsewhere}-other`);
  findings.note('authorize.other-redirect-uri', other);
  findings.note('authorize.unknown-client', await authorize(elsewhere, 'no-such-client'));
  const checksFirst = whereTo(registered) !== whereTo(other);
  findings.set('authorize.checks-before-login', checksFirst ? 'yes' : 'no');
  // Then a login has to show it.
  if (!checksFirst) throw new NotVisible('LaunchDarkly asks who is there before it looks at the redirect URI.');

  const changed = `${elsewhere}-changed`;
  await launchDarkly.patchOAuth2Client({ apiToken }, clientId, { redirectUri: changed });
  for (let seconds = 0; seconds <= longestDelay; seconds++) {
    if (seconds > 0) await wait(1_000);
    if (whereTo(await authorize(changed)) === whereTo(registered)) {
      return findings.set('client.redirect-uri-change', seconds);
    }
  }
  throw new NotVisible(`It takes longer than ${longestDelay} seconds.`);
}

function whereTo({ status, headers: { location = '' } }: Answer): string {
  return `${status} ${location.split('?')[0]}`;
}

async function probeList({ calls, apiToken, findings }: Probing): Promise<void> {
  const answer = await calls.get(calls.urls.clients, apiToken);
  const limit = answer.headers['x-ratelimit-global-limit'];
  if (limit !== undefined) findings.set('api.rate-limit', Number(limit));
  else findings.notProbed['api.rate-limit'] = 'Answers have no such header.';
  const page = readClientPage(answer.body);
  if (!page) throw new NotProbed(`The list of clients got status ${answer.status}.`);
  findings.set('client.list-page', page.next === undefined ? 0 : page.items.length);
  if (page.next === undefined) throw new NotVisible('All clients were on one page.');
  findings.set('client.next-link', /^https?:/.test(page.next) ? 'absolute' : 'relative');
}

/** Credentials in forms that are wrong or unusual, and the errors they meet. */
async function probeCredentials(probing: Probing, client: ProbedClient): Promise<void> {
  const { calls, apiToken, findings } = probing;
  const { urls } = calls;
  const madeUp = { grant_type: 'authorization_code', code: 'made-up', redirect_uri: client.redirectUri };
  const wrong = { ...client, clientSecret: `${client.clientSecret}-wrong` };

  await findings.probe(['metadata.endpoints'], async () => {
    const answer = await calls.get(urls.metadata);
    findings.note('metadata', answer);
    const ours = Object.entries(launchDarklyOAuthServer(probing.baseUri));
    const same = ours.every(([name, url]) => answer.json[name] === url);
    findings.set('metadata.endpoints', answer.status === 404 ? 'none' : same ? 'as used' : 'different');
  });

  await findings.probe(['token.errors', 'token.basic'], async () => {
    const known = await calls.token(client, madeUp);
    const unknown = await calls.token(wrong, madeUp);
    findings.note('token.made-up-code', known);
    findings.note('token.wrong-secret', unknown);
    findings.set('token.errors', known.shape);
    const kind = ({ status, error }: Answer) => `${status} ${error}`;
    if (kind(known) === kind(unknown)) throw new NotVisible('A wrong secret is answered like a wrong code.');
    // RFC 6749, section 2.3.1: encoded first. Hyphens need it less than anything, so they tell.
    const encoded = [client.clientId, client.clientSecret].map(encodeAll).join(':');
    const basic = await calls.post(urls.token_endpoint, madeUp, `Basic ${Buffer.from(encoded).toString('base64')}`);
    findings.note('token.basic', basic);
    findings.set('token.basic', kind(basic) === kind(known) ? 'decoded' : 'raw');
  });

  await findings.probe(['api.bearer-api-token'], async () => {
    const answer = await calls.get(urls.callerIdentity, `Bearer ${apiToken}`);
    findings.set('api.bearer-api-token', answer.status === 200 ? 'accepted' : 'refused');
  });

  await findings.probe(['authorize.openid-connect'], async () => {
    const { clientId: client_id, clientSecret: client_secret } = client;
    const answer = await calls.post(urls.openIdToken, { ...madeUp, client_id, client_secret });
    findings.note('openid.made-up-code', answer);
    findings.set('authorize.openid-connect', answer.status === 404 ? 'absent' : 'present');
  });

  await findings.probe([], async () => {
    findings.note('token.used-for-nothing', await calls.token(client, {}));
    findings.note('revoke.made-up-token', await calls.revoke(client, 'made-up'));
    findings.note('revoke.wrong-secret', await calls.revoke(wrong, 'made-up'));
    findings.note('caller-identity.no-token', await calls.get(urls.callerIdentity));
    findings.note('caller-identity.made-up-token', await calls.callerIdentity('made-up'));
    findings.note('own-profile.no-token', await calls.get(urls.currentMember));
    findings.note('clients.no-token', await calls.get(urls.clients));
    findings.note('clients.unknown-id', await calls.get(`${urls.clients}/no-such-client`, apiToken));
    findings.note('api.unknown-path', await calls.get(`${urls.currentMember}/no-such-path`, apiToken));
  });
}

function encodeAll(text: string): string {
  return encodeURIComponent(text).replace(/[-_.!~*'()]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
}
