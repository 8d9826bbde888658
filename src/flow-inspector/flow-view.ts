import { STATUS_CODES } from 'node:http';
import { toCurl } from './curl.ts';
import { type Diagram, drawDiagram } from './diagram.ts';
import {
  type Actor,
  type Field,
  type Flow,
  type FlowMessage,
  isBackground,
  isRefused,
  type MessageKind,
} from './flow.ts';
import {
  cookieAttributes,
  cookieNotes,
  errorNotes,
  fieldNote,
  type MessageNote,
  type MessagePart,
  messageNotes,
} from './notes.ts';

/** A field with its explanation. */
export interface FieldView extends Field {
  readonly note?: string | undefined;
  /** The other steps that contain the same secret. */
  readonly alsoIn: readonly number[];
}

/** Fields that belong together, under a heading. */
export interface FieldGroup {
  readonly title: string;
  readonly fields: readonly FieldView[];
  /** Headers and fields that say nothing about a login. */
  readonly folded: readonly FieldView[];
  /** What the attributes of its cookies do, by their names. */
  readonly attributes: readonly (readonly [name: string, note: string])[];
}

export interface StepView extends MessageNote {
  readonly number: number;
  readonly kind: MessageKind;
  readonly from: Actor;
  readonly to: Actor;
  readonly request: string;
  readonly derived: boolean;
  /** The browser had its answer before this call ended. */
  readonly background: boolean;
  readonly sent: readonly FieldGroup[];
  /** `303 See Other`; undefined while there is no answer. */
  readonly status?: string | undefined;
  readonly received: readonly FieldGroup[];
  readonly body?: string | undefined;
  readonly error?: string | undefined;
  /** The error code of RFC 6749 in LaunchDarkly's answer, and what it means. */
  readonly oauthError?: { readonly code: string; readonly note: string } | undefined;
  readonly took?: string | undefined;
  readonly curl: string;
  /** Whether the flow failed here. */
  readonly failed: boolean;
  readonly failure?: Flow['failure'];
  /** Its own part of the sequence diagram. */
  readonly diagram: Diagram;
}

/** A flow as the page shows it. */
export interface FlowView {
  readonly id: number;
  readonly kind: Flow['kind'];
  /** `Login`, `Refresh`, … */
  readonly title: string;
  readonly outcome: 'succeeded' | 'failed' | 'in progress';
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** How long this app took, and how much of that it waited for LaunchDarkly. */
  readonly took: { readonly app: string; readonly launchDarkly: string };
  readonly failure?: Flow['failure'];
  /** The number of the step at which it failed. */
  readonly failedStep?: number | undefined;
  readonly steps: readonly StepView[];
  readonly diagram: Diagram;
}

/** Prepares a recorded flow for the page. */
export function viewFlow(flow: Flow): FlowView {
  const failed = failedIndex(flow);
  return {
    id: flow.id,
    kind: flow.kind,
    title: titleOf(flow),
    outcome: failed >= 0 ? 'failed' : isFinished(flow) ? 'succeeded' : 'in progress',
    startedAt: flow.startedAt,
    took: {
      app: duration(timeSpent(flow, ({ to }) => to === 'app')),
      launchDarkly: duration(timeSpent(flow, (message) => message.from === 'app' && !isBackground(flow, message))),
    },
    failure: flow.failure,
    failedStep: failed >= 0 ? failed + 1 : undefined,
    steps: flow.messages.map((message, index) => viewStep(flow, message, index, index === failed)),
    diagram: drawDiagram(flow, failed),
  };
}

function viewStep(flow: Flow, message: FlowMessage, index: number, failed: boolean): StepView {
  const { kind, answer } = message;
  const number = index + 1;
  const followed = answer?.location !== undefined && flow.messages[number]?.address === answer.location;
  const group = (title: string, part: MessagePart, fields: readonly Field[] = []) =>
    viewGroup(
      title,
      fields.map((field) => ({
        ...field,
        note: field.cookie ? cookieNotes[field.cookie] : fieldNote(kind, part, field.name),
        alsoIn: field.secret ? stepsWith(flow, field.value, number) : [],
      })),
    );
  const filled = (groups: FieldGroup[]) => groups.filter(({ fields, folded }) => fields.length + folded.length);
  return {
    ...messageNotes[kind],
    number,
    kind,
    from: message.from,
    to: message.to,
    request: `${message.method} ${message.address}`,
    derived: message.derived ?? false,
    background: isBackground(flow, message),
    sent: filled([
      group('Query', 'query', message.query),
      group('Form fields', 'form', message.form),
      group('Headers', 'headers', message.headers),
    ]),
    status: statusOf(message),
    received: filled([
      group('Query of the redirect', 'query', followed ? [] : answer?.locationQuery),
      group('Fields', 'fields', answer?.fields),
      group('Headers', 'answer', answer?.headers),
    ]),
    body: answer?.body,
    error: message.error,
    oauthError: oauthErrorOf(message),
    took: message.durationMs === undefined ? undefined : duration(message.durationMs),
    curl: toCurl(message),
    failed,
    failure: failed ? flow.failure : undefined,
    diagram: drawDiagram(flow, failed ? index : -1, number),
  };
}

/** Headers that every message has, and what a rate limit leaves. */
const boring = /^(accept|content-type|host|sec-fetch-site|x-ratelimit-.*)$/;

function viewGroup(title: string, fields: readonly FieldView[]): FieldGroup {
  const explained = fields.some(({ note }) => note);
  const isFolded = ({ name, cookie, note }: FieldView) =>
    title === 'Headers' ? cookie === 'other' || boring.test(name) : explained && !note;
  const cookies = fields.filter(({ name }) => name === 'set-cookie').map(({ value }) => value);
  return {
    title,
    fields: fields.filter((field) => !isFolded(field)),
    folded: fields.filter(isFolded),
    attributes: Object.entries(cookieAttributes).filter(([name]) => cookies.some((value) => value.includes(name))),
  };
}

function oauthErrorOf({ kind, query, answer }: FlowMessage): StepView['oauthError'] {
  const answers = [...(answer?.fields ?? []), ...(answer?.locationQuery ?? []), ...(kind === 'callback' ? query : [])];
  const code = answers.find(({ name }) => name === 'error')?.value ?? '';
  const note = Object.hasOwn(errorNotes, code) ? errorNotes[code] : undefined;
  return note === undefined ? undefined : { code, note };
}

function statusOf({ answer }: FlowMessage): string | undefined {
  if (!answer) return undefined;
  const status = answer.status ? `${answer.status} ${STATUS_CODES[answer.status] ?? ''}`.trim() : 'Redirect';
  return answer.location ? `${status} to ${answer.location}` : status;
}

function stepsWith({ messages }: Flow, value: string, except: number): number[] {
  const numbers = messages.map((_, index) => index + 1);
  return numbers.filter((number) => {
    const { query = [], form = [], headers = [], answer } = messages[number - 1] ?? {};
    const answered = [...(answer?.locationQuery ?? []), ...(answer?.fields ?? []), ...(answer?.headers ?? [])];
    const fields = [...query, ...form, ...headers, ...answered];
    return number !== except && fields.some((field) => field.secret && bare(field.value) === bare(value));
  });
}

/** `Bearer abc…(43)·5e0d91` has the same secret as `abc…(43)·5e0d91`, and `Set-Cookie` as `Cookie`. */
function bare(value: string): string {
  return value.replace(/^Bearer /, '').replace(/;.*/, '');
}

function titleOf({ kind, messages }: Flow): string {
  if (kind !== 'page') return kind === 'login' ? 'Login' : 'Log out';
  return messages.some((message) => message.kind === 'refresh') ? 'Refresh' : 'Re-validation';
}

/** The index of the message at which a flow failed, or of a refused call that was not repeated with success; -1 if none. */
function failedIndex({ kind, failure, messages }: Flow): number {
  if (failure || kind === 'login') return failure?.at ?? -1;
  return messages.findLastIndex(
    (message, index) =>
      isRefused(message) && !messages.slice(index).some((later) => later.kind === message.kind && !isRefused(later)),
  );
}

function isFinished({ kind, messages }: Flow): boolean {
  const last = kind === 'login' ? messages.findLast((message) => message.kind === 'callback') : messages[0];
  return last?.answer !== undefined;
}

/** Milliseconds during which at least one of these messages waited for its answer: some calls run at the same time. */
function timeSpent({ messages }: Flow, counts: (message: FlowMessage) => boolean): number {
  let sum = 0;
  let end = 0;
  for (const { startedAt, durationMs = 0 } of messages.filter(counts).sort((a, b) => a.startedAt - b.startedAt)) {
    sum += Math.max(0, startedAt + durationMs - Math.max(startedAt, end));
    end = Math.max(end, startedAt + durationMs);
  }
  return sum;
}

function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
