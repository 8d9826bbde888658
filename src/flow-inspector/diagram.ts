import type { Actor, Flow } from './flow.ts';

/** One arrow of the sequence diagram, in the units of its view box. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly actor: Actor;
  readonly label: string;
  /** The step it belongs to, on its first arrow. */
  readonly step?: number;
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
  { actor: 'browser', name: 'Browser', x: 60 },
  { actor: 'app', name: 'This app', x: 310 },
  { actor: 'launchdarkly', name: 'LaunchDarkly', x: 560 },
] as const;
const top = 76;
const rowHeight = 44;

/** Draws every request as an arrow and every answer as one back. The callback's answer comes last, after its calls. */
export function drawDiagram({ messages, failure }: Flow): Diagram {
  const rows: Omit<Arrow, 'y'>[] = [];
  let answerOfCallback: (() => void) | undefined;

  messages.forEach((message, index) => {
    if (message.from === 'browser') finishCallback();
    const [from, to] = [laneOf(message.from), laneOf(message.to)];
    const failed = failure?.at === index;
    const { pathname } = new URL(message.address);
    const label = `${message.method} ${shorten(pathname)}`;
    rows.push({ from, to, actor: message.from, label, step: index + 1, kind: 'request' });
    const answer = () => {
      if (!message.answer && !message.error) return;
      const text = message.error ?? answerLabel(message.answer);
      const kind = failed ? 'failed' : 'answer';
      rows.push({ from: to, to: from, actor: message.to, label: text, kind });
    };
    if (message.from === 'browser' && message.to === 'app') answerOfCallback = answer;
    else answer();
  });
  finishCallback();

  function finishCallback(): void {
    answerOfCallback?.();
    answerOfCallback = undefined;
  }

  const arrows = rows.map((row, index) => ({ ...row, y: top + index * rowHeight }));
  return { width: 620, height: top + rows.length * rowHeight - 16, lanes, arrows };
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
