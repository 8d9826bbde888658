import { createHash, randomBytes } from 'node:crypto';
import type { Answer } from './calls.ts';
import { publishedCode } from './calls.ts';
import { NotProbed } from './findings.ts';
import type { Shown } from './person.ts';
import type { ProbedClient, Probing } from './probing.ts';

/** How many logins a person is asked for; one more where only a login shows what a changed redirect URI does. */
export const LOGINS = 7;

/** What one authorization gave. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
  readonly answer: Answer;
}

/** A login that came back with a code, and what the code needs. */
export interface LoggedIn {
  readonly code: string;
  readonly verifier: string | undefined;
  readonly redirectUri: string;
  readonly iss: string | null;
  readonly shown: Shown | undefined;
}

/** How a login differs from an ordinary one. */
interface Variant {
  readonly scope?: string;
  readonly pkce?: boolean;
  /** Ask the person what LaunchDarkly showed. */
  readonly ask?: boolean;
  readonly redirectUri?: string;
}

/** An authorization request that LaunchDarkly did not grant, or a code that it did not redeem. */
export class Refused extends NotProbed {}

/** The logins of one person with one client, and what their codes and tokens are sent to. */
export type Logins = ReturnType<typeof createLogins>;

/** @param total how many logins there will be, for the person. */
export function createLogins({ calls, traces, person, tell }: Probing, client: ProbedClient, total: number) {
  let count = 0;

  return {
    client,

    /** Sends the person to LaunchDarkly. Throws `Refused` when it does not give a code, `NotProbed` when nobody went. */
    async logIn(why: string, variant: Variant): Promise<LoggedIn> {
      const { scope, pkce = true, ask = false, redirectUri = client.redirectUri } = variant;
      const title = `Login ${++count} of ${total}`;
      tell(`${title}: ${why}`);
      const state = randomBytes(32).toString('base64url');
      const verifier = pkce ? randomBytes(32).toString('base64url') : undefined;
      const parameters = new URLSearchParams({
        response_type: 'code',
        client_id: client.clientId,
        redirect_uri: redirectUri,
        state,
        ...(scope && { scope }),
        ...(verifier && { code_challenge: s256(verifier), code_challenge_method: 'S256' }),
      });
      const url = `${calls.urls.authorization_endpoint}?${parameters}`;
      const returned = await person.logIn({ title, why, url, state, ask });
      if (returned === 'stuck') throw new Refused('LaunchDarkly showed an error instead of coming back.');
      const { query, shown } = returned;
      const error = query.get('error');
      if (error === 'access_denied') throw new NotProbed('The login was cancelled.');
      if (error !== null) throw new Refused(`The login came back with the error "${publishedCode(error)}".`);
      const code = query.get('code');
      if (code === null) throw new Refused('The login came back without a code.');
      return { code, verifier, redirectUri, iss: query.get('iss'), shown };
    },

    /** Sends the code to the token endpoint, with this verifier. */
    sendCode({ code, redirectUri, verifier }: LoggedIn, sent = verifier): Promise<Answer> {
      const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
      return calls.token(client, { ...form, ...(sent && { code_verifier: sent }) });
    },

    sendRefreshToken(token: string): Promise<Answer> {
      return calls.token(client, { grant_type: 'refresh_token', refresh_token: token });
    },

    /** The tokens of an answer, which the run revokes in the end. Throws `Refused` or `NotProbed` when there are none. */
    read(answer: Answer): Tokens {
      const { access_token: access, refresh_token } = answer.json;
      if (answer.status !== 200 || typeof access !== 'string') {
        const what = `The token endpoint answered with status ${answer.status}.`;
        throw answer.status >= 400 && answer.status < 500 ? new Refused(what) : new NotProbed(what);
      }
      const refresh = typeof refresh_token === 'string' && refresh_token !== '' ? refresh_token : undefined;
      for (const token of [refresh, access]) if (token) traces.keepToken(client, token);
      return { access, refresh, answer };
    },

    async redeem(login: LoggedIn): Promise<Tokens> {
      return this.read(await this.sendCode(login));
    },
  };
}

/** RFC 7636, section 4.2. */
function s256(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
