import { callNotes, headerNotes } from '../launchdarkly/index.ts';
import type { MessageKind } from './message-notes.ts';

/** Why a parameter, header or field is there, and what breaks without it; undefined when there is nothing to say. */
export function fieldNote(kind: MessageKind, part: keyof typeof notes, name: string): string | undefined {
  const byKind: Readonly<Record<string, Readonly<Record<string, string>>>> = notes[part];
  const own = byKind[kind === 'refresh' && part === 'fields' ? 'token' : kind] ?? {};
  if (Object.hasOwn(own, name)) return own[name];
  return byKind.any && Object.hasOwn(byKind.any, name) ? byKind.any[name] : undefined;
}

const notes = {
  query: {
    login: {
      returnTo:
        'Where you were going. Only a path on this site is accepted; without that check a link could use the login to send you to a foreign page.',
    },
    authorize: {
      response_type:
        'Asks for a code. Without it LaunchDarkly refuses the request: the code grant is the only one it offers to people.',
      client_id:
        'Says which registered app asks. Without it LaunchDarkly knows neither whom to name to the member nor where to send the answer.',
      redirect_uri:
        'Where the answer goes. It must equal the registered one character by character, or anybody could have codes sent to themselves.',
      scope:
        'How much the token may do, within the member’s own rights. Without it the server chooses, and a login should not hold more than it needs.',
      state:
        'A random value, also kept in a sealed cookie of this browser. Without it an attacker could finish their login in your browser, and you would work in their account.',
      code_challenge:
        'The SHA-256 of the code verifier, which comes out in the token request only. Without it a stolen code could be slipped into somebody else’s login.',
      code_challenge_method:
        'Says that it is a hash. Without it the challenge would be the verifier itself, here in the address bar for all to read.',
      login_hint: 'Suggests who logs in. Without it LaunchDarkly asks.',
    },
    callback: {
      code: 'Good for one try within a short time, and only together with the client secret and the verifier. Without it there is nothing to trade.',
      state:
        'Must be the one that was sent. Without a match the answer belongs to another attempt, or to an attacker, and is refused.',
      iss: 'Which server answers (RFC 9207). A wrong one is refused, because a second, hostile server could be passing off its answer as LaunchDarkly’s.',
      error: 'LaunchDarkly, or the member, said no. Then there is no code, and the login ends here.',
      error_description: 'The reason for developers. It comes through the browser, so it is never trusted.',
    },
  },
  form: {
    token: {
      grant_type:
        'Says what is traded: a code. Without it the token endpoint cannot tell which of its grants is meant.',
      code: 'The one from the callback. It is spent with this request: a second try is refused.',
      redirect_uri:
        'The same as before. Without it a code that was obtained through another redirect could be redeemed.',
      client_id: 'Says which registered app trades. The code works for that app alone.',
      client_secret:
        'Proves that it is that app and not somebody who found the code. It never leaves the server but for this call.',
      code_verifier:
        'The secret behind the challenge. LaunchDarkly hashes it and compares them: the client redeeming the code is the one that requested it.',
    },
    refresh: {
      grant_type: 'Says what is traded: a refresh token.',
      refresh_token: 'Stands for the member’s consent, so that they need not be asked again.',
    },
    revoke: {
      token: 'The token that shall stop working.',
      token_type_hint: 'Tells the server where to look first.',
      client_id: 'Says which app hands it back: a token can be revoked by its own app only.',
      client_secret: 'Proves that it is that app. Without it anybody could log others out.',
    },
  },
  headers: {
    any: {
      authorization: 'The access token. To the API, anyone who holds it is the member.',
      accept: 'Asks for JSON. Without it an error might come as a page for people.',
      'content-type': 'Says how the body is written. Without it the server cannot read the parameters.',
      ...headerNotes,
      host: 'Which site is meant. The app does not believe it: its origin comes from the registered redirect URI.',
      cookie:
        'What this browser was given earlier. The one-time values of the attempt travel in it, sealed; without them no answer can be matched.',
    },
    token: {
      authorization: 'Client id and secret by HTTP Basic. They prove that it is the registered app.',
    },
  },
  answer: {
    any: {
      'set-cookie':
        'HttpOnly keeps scripts away from it, Secure keeps it off plain http, Lax lets it come along when LaunchDarkly sends the browser back.',
      'cache-control': 'Nobody keeps a copy: this answer holds one-time values.',
      'retry-after': 'Seconds to wait before trying again.',
    },
  },
  fields: {
    token: {
      access_token: 'The key to the API, in the member’s name. It stays on the server, sealed.',
      token_type: 'Bearer: anyone who holds it may use it. Any other type would be refused.',
      expires_in: 'Seconds until it ends. Without it the app only learns from a refusal.',
      refresh_token: 'Gets the next access token without asking the member again. It stays on the server, sealed.',
      scope: 'What was granted, which may be less than was asked for.',
      error: 'The reason, in the words of RFC 6749, section 5.2.',
      error_description: 'The reason for developers.',
    },
    ...fieldsOfCalls(),
  },
} as const;

function fieldsOfCalls(): Record<string, Readonly<Record<string, string>>> {
  return Object.fromEntries(Object.entries(callNotes).map(([operation, { fields }]) => [operation, fields]));
}
