import { STATUS_CODES } from 'node:http';
import { toCurl } from './curl.ts';
import { type Diagram, drawDiagram } from './diagram.ts';
import type { Actor, Field, Flow, FlowMessage } from './flow.ts';
import { fieldNote, kindOf, type MessageKind, type MessageNote, type MessagePart, messageNotes } from './notes.ts';

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
}

export interface StepView extends MessageNote {
  readonly number: number;
  readonly kind: MessageKind;
  readonly from: Actor;
  readonly to: Actor;
  readonly request: string;
  readonly derived: boolean;
  readonly sent: readonly FieldGroup[];
  /** `303 See Other`; undefined while there is no answer. */
  readonly status?: string | undefined;
  readonly received: readonly FieldGroup[];
  readonly body?: string | undefined;
  readonly error?: string | undefined;
  readonly took?: string | undefined;
  readonly curl: string;
  readonly failure?: Flow['failure'];
}

/** A flow as the page shows it. */
export interface FlowView {
  readonly outcome: 'succeeded' | 'failed' | 'in progress';
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** How long this app took, and how much of that it waited for LaunchDarkly. */
  readonly took: { readonly app: string; readonly launchDarkly: string };
  readonly failure?: Flow['failure'];
  readonly steps: readonly StepView[];
  readonly diagram: Diagram;
}

/** Prepares a recorded flow for the page. */
export function viewFlow(flow: Flow, callbackPath: string): FlowView {
  const steps = flow.messages.map((message, index) => viewStep(flow, message, index, callbackPath));
  return {
    outcome: outcomeOf(flow, steps),
    startedAt: flow.startedAt,
    took: {
      app: duration(timeSpent(flow, ({ to }) => to === 'app')),
      launchDarkly: duration(timeSpent(flow, ({ from }) => from === 'app')),
    },
    failure: flow.failure,
    steps,
    diagram: drawDiagram(flow),
  };
}

function viewStep(flow: Flow, message: FlowMessage, index: number, callbackPath: string): StepView {
  const kind = kindOf(message, callbackPath);
  const number = index + 1;
  const { answer } = message;
  const followed = answer?.location !== undefined && flow.messages[number]?.address === answer.location;
  const group = (title: string, part: MessagePart, fields: readonly Field[] = []) => ({
    title,
    fields: fields.map((field) => ({
      ...field,
      note: fieldNote(kind, part, field.name),
      alsoIn: field.secret ? stepsWith(flow, field.value, number) : [],
    })),
  });
  const filled = (groups: FieldGroup[]) => groups.filter(({ fields }) => fields.length);
  return {
    ...messageNotes[kind],
    number,
    kind,
    from: message.from,
    to: message.to,
    request: `${message.method} ${message.address}`,
    derived: message.derived ?? false,
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
    took: message.durationMs === undefined ? undefined : duration(message.durationMs),
    curl: toCurl(message),
    failure: flow.failure?.at === index ? flow.failure : undefined,
  };
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
    const fields = [...query, ...form, ...headers, ...(answer?.locationQuery ?? []), ...(answer?.fields ?? [])];
    return number !== except && fields.some((field) => field.secret && bare(field.value) === bare(value));
  });
}

/** `Bearer abc…(43)·5e0d91` has the same secret as `abc…(43)·5e0d91`. */
function bare(value: string): string {
  return value.replace(/^Bearer /, '');
}

function outcomeOf(flow: Flow, steps: readonly StepView[]): FlowView['outcome'] {
  if (flow.failure) return 'failed';
  const finished = steps.some(({ kind, status }) => kind === 'callback' && status !== undefined);
  return finished ? 'succeeded' : 'in progress';
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
  return milliseconds < 10_000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 1000)} s`;
}
