/** What each message of a login is, and the texts that explain it and its fields. */
import { readFileSync } from 'node:fs';
import { callNotes, failedOperation, headerNotes, type LoginOperation, loginOperation } from '../launchdarkly/index.ts';
import type { Flow, FlowMessage } from './flow.ts';

/** The place of a message in the login. */
export type MessageKind =
  | 'login'
  | 'authorize'
  | 'callback'
  | 'token'
  | 'refresh'
  | 'revoke'
  | 'other'
  | LoginOperation;

export interface MessageNote {
  readonly title: string;
  /** Why it is sent. */
  readonly why: string;
  /** The code behind it. */
  readonly source?: { readonly file: string; readonly name: string };
}

/** The parts of a message that have fields; `answer` is the headers of the answer, `fields` its JSON. */
export type MessagePart = 'query' | 'form' | 'headers' | 'answer' | 'fields';

type FieldNotes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The texts. They live beside the templates, without those about LaunchDarkly's own API, which src/launchdarkly has. */
const texts = JSON.parse(readFileSync(new URL('../../views/flow-notes.json', import.meta.url), 'utf8')) as {
  messages: Record<Exclude<MessageKind, LoginOperation>, MessageNote>;
} & Record<MessagePart, FieldNotes>;

export const messageNotes: Readonly<Record<MessageKind, MessageNote>> = { ...texts.messages, ...callNotes };

/** Why a parameter, header or field is there, and what breaks without it. Undefined when there is no text for it. */
export function fieldNote(kind: MessageKind, part: MessagePart, name: string): string | undefined {
  const notes: FieldNotes = texts[part];
  const calls: Readonly<Record<string, { readonly fields: Readonly<Record<string, string>> }>> = callNotes;
  const candidates = [
    notes[kind === 'refresh' && part === 'fields' ? 'token' : kind],
    part === 'fields' ? calls[kind]?.fields : undefined,
    notes.any,
    part === 'headers' ? headerNotes : undefined,
  ];
  return candidates.find((some) => some && Object.hasOwn(some, name))?.[name];
}

/** Tells what a message is from its address and form. */
export function kindOf(message: FlowMessage, callbackPath: string): MessageKind {
  const { pathname } = new URL(message.address);
  if (message.from === 'browser' && message.to === 'launchdarkly') return 'authorize';
  if (message.from === 'browser') return pathname === callbackPath ? 'callback' : 'login';
  if (message.form.some(({ name }) => name === 'token')) return 'revoke';
  const grant = message.form.find(({ name }) => name === 'grant_type')?.value;
  if (grant) return grant === 'refresh_token' ? 'refresh' : 'token';
  return loginOperation(pathname) ?? 'other';
}

/**
 * The index of the message at which a login failed: a call to LaunchDarkly, LaunchDarkly's answer to the browser, or
 * otherwise the callback, where this app makes its own checks.
 */
export function failingMessage({ messages }: Flow, callbackPath: string, code: string, error: unknown): number {
  const request = messages.findLastIndex(({ from, derived }) => from === 'browser' && !derived);
  if (isAboutAnAnswer.test(code) && messages.length > request + 1) {
    const operation = failedOperation(error);
    const named = messages.findLastIndex((message) => kindOf(message, callbackPath) === operation);
    const failed = messages.findLastIndex(
      ({ from, error, answer }) => from === 'app' && (error !== undefined || (answer?.status ?? 0) >= 400),
    );
    return [named, failed].find((index) => index > request) ?? messages.length - 1;
  }
  const before = messages[request - 1];
  const refused = before?.derived && before.answer?.locationQuery.some(({ name }) => name === 'error');
  return refused ? request - 1 : request;
}

/** Codes of failures that LaunchDarkly's answer to a call caused. */
const isAboutAnAnswer = /^(client|code|profile|provider|token)_/;
