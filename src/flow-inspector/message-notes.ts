import { callNotes, type LoginOperation, loginOperation } from '../launchdarkly/index.ts';
import type { FlowMessage } from './flow.ts';

/** What kind of message it is: its place in the login. */
export type MessageKind =
  | 'login'
  | 'authorize'
  | 'callback'
  | 'token'
  | 'refresh'
  | 'revoke'
  | 'other'
  | LoginOperation;

/** What a reader should know about a kind of message. */
export interface MessageNote {
  readonly title: string;
  /** Why it is sent. */
  readonly why: string;
  /** The code behind it. */
  readonly source?: { readonly file: string; readonly name: string };
}

/** Tells from the wire what a message is. */
export function kindOf(message: FlowMessage, callbackPath: string): MessageKind {
  const { pathname } = new URL(message.address);
  if (message.from === 'browser' && message.to === 'launchdarkly') return 'authorize';
  if (message.from === 'browser') return pathname === callbackPath ? 'callback' : 'login';
  if (message.form.some(({ name }) => name === 'token')) return 'revoke';
  const grant = message.form.find(({ name }) => name === 'grant_type')?.value;
  if (grant) return grant === 'refresh_token' ? 'refresh' : 'token';
  return loginOperation(pathname) ?? 'other';
}

const grantFile = 'src/auth/authorization-code.ts';

export const messageNotes: Readonly<Record<MessageKind, MessageNote>> = {
  login: {
    title: 'The login starts',
    why: 'A click on the button. The app makes the one-time values of this attempt, keeps them in a sealed cookie, and sends the browser on.',
    source: { file: 'src/auth/router.ts', name: 'login' },
  },
  authorize: {
    title: 'LaunchDarkly asks the member',
    why: 'The authorization request (RFC 6749, section 4.1.1). The member proves who they are and agrees; this app sees none of that, only where the browser comes back to.',
    source: { file: grantFile, name: 'buildAuthorizationRequest' },
  },
  callback: {
    title: 'The browser comes back',
    why: 'The authorization response (section 4.1.2). The app finds the attempt it belongs to, makes the calls below, and only then answers with a session.',
    source: { file: 'src/auth/router.ts', name: 'callback' },
  },
  token: {
    title: 'The code is traded for a token',
    why: 'Server to server, so the token never passes through the browser (RFC 6749, section 4.1.3).',
    source: { file: grantFile, name: 'exchangeAuthorizationCode' },
  },
  refresh: {
    title: 'The token is renewed',
    why: 'The access token was about to end, so the app asked for the next one (RFC 6749, section 6).',
    source: { file: grantFile, name: 'refresh' },
  },
  revoke: {
    title: 'A token is handed back',
    why: 'It is no longer needed, so it should no longer work (RFC 7009).',
    source: { file: grantFile, name: 'revoke' },
  },
  ...callNotes,
  other: {
    title: 'Another call',
    why: 'A call to LaunchDarkly that was made while this login was under way.',
  },
};
