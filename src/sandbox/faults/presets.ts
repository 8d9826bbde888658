import type { Fault } from './fault-menu.ts';

/** A situation to try, in one click: what happens, and what an app that copes shows then. */
export interface Preset {
  title: string;
  what: string;
  expect: string;
  effect: PresetEffect;
}

/** Faults to switch on instead of those that are on, or something that happens to one person. */
export type PresetEffect =
  | { type: 'faults'; faults: readonly Fault[] }
  | { type: 'person'; happens: 'removed' | 'downgraded' | 'revoked' };

const faults = (...faults: Fault[]): PresetEffect => ({ type: 'faults', faults });

const presets = {
  'launchdarkly-down': {
    title: 'LaunchDarkly is down',
    what: 'Every call is answered with 503, until you switch it off.',
    expect:
      'Members who are logged in stay in. A login ends at a page that says LaunchDarkly is unavailable.',
    effect: faults({ endpoint: '*', fault: 'http_503' }),
  },
  'launchdarkly-slow': {
    title: 'LaunchDarkly is slow',
    what: 'Every answer takes four seconds longer, until you switch it off.',
    expect: 'A login takes its time and succeeds.',
    effect: faults({ endpoint: '*', fault: 'slow', delayMs: 4000 }),
  },
  'rate-limited': {
    title: 'Too many calls',
    what: 'The next code exchange is answered with 429 and Retry-After: 2.',
    expect: 'The app waits and tries again, or asks the visitor to. A moment later a login succeeds.',
    effect: faults({ endpoint: 'token', fault: 'rate_limited_retry_after', times: 1 }),
  },
  'token-endpoint-speaks-html': {
    title: 'Token endpoint speaks HTML',
    what: 'The next code exchange is answered with a web page, as a proxy in between might.',
    expect: 'The login ends at a clear failure page. Nothing of that web page is shown.',
    effect: faults({ endpoint: 'token', fault: 'html_200', times: 1 }),
  },
  'answer-lost': {
    title: 'Answer lost',
    what: 'The next code exchange succeeds, but the connection drops before the answer.',
    expect: 'The login fails, and does not send the spent code again. Logging in once more succeeds.',
    effect: faults({ endpoint: 'token', fault: 'answer_lost', times: 1 }),
  },
  'login-cancelled': {
    title: 'Login cancelled',
    what: 'The next login comes back with access_denied, as if the person had pressed "Cancel".',
    expect: 'A friendly page, no error. Logging in once more succeeds.',
    effect: faults({ endpoint: 'consent', fault: 'access_denied', times: 1 }),
  },
  'code-too-late': {
    title: 'Code too late',
    what: 'The next authorization code has expired when it arrives.',
    expect: 'The login fails and offers to start again.',
    effect: faults({ endpoint: 'consent', fault: 'expired_code', times: 1 }),
  },
  'forged-callback': {
    title: 'Forged callback',
    what: 'The next login comes back with a state that the app did not send.',
    expect: 'Nobody is logged in, and the code is not redeemed.',
    effect: faults({ endpoint: 'consent', fault: 'wrong_state', times: 1 }),
  },
  'wrong-server': {
    title: 'Another server answers',
    what: 'The next login comes back with the iss of an attacker.',
    expect: 'Nobody is logged in, and the code is not redeemed.',
    effect: faults({ endpoint: 'consent', fault: 'wrong_iss', times: 1 }),
  },
  'profile-refused': {
    title: 'Profile refused',
    what: 'The profile is answered with 403, until you switch it off.',
    expect: 'The login ends at a page that says LaunchDarkly did not share the profile.',
    effect: faults({ endpoint: 'members', fault: 'http_403' }),
  },
  'short-tokens': {
    title: 'Tokens that live five seconds',
    what: 'Access tokens expire after five seconds, until you switch it off.',
    expect: 'Everybody who logs in from now on stays in: the app refreshes and nobody notices.',
    effect: faults(
      { endpoint: 'refresh', fault: 'short_lifetimes' },
      { endpoint: 'token', fault: 'short_lifetimes' },
    ),
  },
  'refresh-refused': {
    title: 'Refresh refused',
    what: 'The next refresh is answered with invalid_grant.',
    expect: 'At that moment the member is asked to log in again.',
    effect: faults({ endpoint: 'refresh', fault: 'invalid_grant', times: 1 }),
  },
  'removed-while-logged-in': {
    title: 'Removed while logged in',
    what: 'An Admin removes this person from the account.',
    expect:
      'At its next check the app ends the session, and they cannot log in again. "Put back" on the page of the personas lets them.',
    effect: { type: 'person', happens: 'removed' },
  },
  'downgraded-while-logged-in': {
    title: 'Downgraded while logged in',
    what: 'An Admin sets the role of this person to no_access.',
    expect: 'At its next check the app shows the new role, or ends the session where the role may not enter.',
    effect: { type: 'person', happens: 'downgraded' },
  },
  'authorization-withdrawn': {
    title: 'Authorization withdrawn',
    what: 'This person withdraws every authorization on LaunchDarkly’s page of authorized applications.',
    expect: 'At its next check the app ends the session. They can log in again.',
    effect: { type: 'person', happens: 'revoked' },
  },
} as const satisfies Record<string, Preset>;

/** The name of a preset. */
export type PresetName = keyof typeof presets;
/** The presets of the failure menu, by name. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = presets;
/** Every preset, in the order of its page. */
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
