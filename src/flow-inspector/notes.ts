/** What each message of a login is, and the texts that explain it and its fields. */
import { readFileSync } from 'node:fs';
import { callNotes, failedOperation, headerNotes, type LoginOperation } from '../launchdarkly/index.ts';
import { type CookieUse, type Flow, isRefused, type MessageKind } from './flow.ts';

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
  cookies: Readonly<Record<CookieUse, string>>;
  cookieAttributes: Readonly<Record<string, string>>;
  errors: Readonly<Record<string, string>>;
} & Record<MessagePart, FieldNotes>;

/** What each cookie is for, what its attributes do, and what the error codes of RFC 6749 mean. */
export const { cookies: cookieNotes, cookieAttributes, errors: errorNotes } = texts;

export const messageNotes: Readonly<Record<MessageKind, MessageNote>> = { ...texts.messages, ...callNotes };

/** Why a parameter, header or field is there, and what breaks without it. Undefined when there is no text for it. */
export function fieldNote(kind: MessageKind, part: MessagePart, name: string): string | undefined {
  const notes: FieldNotes = texts[part];
  const calls: Readonly<Record<string, { readonly fields: Readonly<Record<string, string>> }>> = callNotes;
  const candidates = [
    notes[kind === 'refresh' && part === 'fields' ? 'token' : kind],
    part === 'fields' ? calls[kind]?.fields : undefined,
    notes.any,
    part === 'headers' || part === 'answer' ? headerNotes : undefined,
  ];
  return candidates.find((some) => some && Object.hasOwn(some, name))?.[name];
}

/**
 * The index of the message at which a flow failed: a call to LaunchDarkly, LaunchDarkly's answer to the browser, or
 * otherwise the callback, where this app makes its own checks.
 */
export function failingMessage({ messages }: Flow, code: string, error: unknown): number {
  const request = messages.findLastIndex(({ from, derived }) => from === 'browser' && !derived);
  if (isAboutAnAnswer.test(code) && messages.length > request + 1) {
    const operation = failedOperation(error);
    const named = messages.findLastIndex(({ kind }) => kind === operation);
    const failed = messages.findLastIndex(isRefused);
    return [named, failed].find((index) => index > request) ?? messages.length - 1;
  }
  const before = messages[request - 1];
  const refused = before?.derived && before.answer?.locationQuery.some(({ name }) => name === 'error');
  return refused ? request - 1 : request;
}

/** Codes of failures that LaunchDarkly's answer to a call caused. */
const isAboutAnAnswer = /^(client|code|profile|provider|token)_/;
