import { type Actor, type Flow, isBackground } from './flow.ts';

/** One arrow of the sequence diagram, in the units of its view box. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly actor: Actor;
  readonly label: string;
  /** The step it belongs to. */
  readonly step: number;
  readonly kind: 'request' | 'answer' | 'failed';
}

/** The sequence diagram of a flow. */
export interface Diagram {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly { readonly actor: Actor; readonly name: string; readonly x: number }[];
  readonly arrows: readonly Arrow[];
}

const lanes = [
  { actor: 'browser', name: 'Browser', x: 52 },
  { actor: 'app', name: 'This app', x: 208 },
  { actor: 'launchdarkly', name: 'LaunchDarkly', x: 364 },
] as const;
const top = 76;
const rowHeight = 44;

/**
 * Draws every request as an arrow and every answer as one back. The answer to the browser comes after the calls it waited
 * for. With `only`, draws the arrows of that step.
 * @param failed the index of the message that failed; -1 when none did.
 */
export function drawDiagram(flow: Flow, failed: number, only?: number): Diagram {
  const rows: Omit<Arrow, 'y'>[] = [];
  let pending: (() => void) | undefined;
  const answerBrowser = () => {
    pending?.();
    pending = undefined;
  };

  flow.messages.forEach((message, index) => {
    if (message.from === 'browser' || isBackground(flow, message)) answerBrowser();
    const [from, to] = [laneOf(message.from), laneOf(message.to)];
    const step = index + 1;
    const label = `${message.method} ${shorten(new URL(message.address).pathname)}`;
    rows.push({ from, to, actor: message.from, label, step, kind: 'request' });
    const answer = () => {
      if (!message.answer && !message.error) return;
      const text = message.error ?? answerLabel(message.answer);
      rows.push({
        from: to,
        to: from,
        actor: message.to,
        label: text,
        step,
        kind: index === failed ? 'failed' : 'answer',
      });
    };
    if (message.from === 'browser' && message.to === 'app') pending = answer;
    else answer();
  });
  answerBrowser();

  const drawn = rows.filter(({ step }) => only === undefined || step === only);
  const arrows = drawn.map((row, index) => ({ ...row, y: top + index * rowHeight }));
  return { width: 424, height: top + arrows.length * rowHeight - 16, lanes, arrows };
}

function laneOf(actor: Actor): number {
  return lanes.find((lane) => lane.actor === actor)?.x ?? 0;
}

function answerLabel(answer: Flow['messages'][number]['answer']): string {
  const target = answer?.location && new URL(answer.location).pathname;
  if (!target) return String(answer?.status ?? '');
  return `${answer?.status ?? 'redirect'} to ${shorten(target)}`;
}

function shorten(path: string): string {
  return path.length > 26 ? `…${path.slice(-25)}` : path;
}
