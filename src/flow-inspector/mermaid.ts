import { drawDiagram } from './diagram.ts';
import type { Flow } from './flow.ts';

/** A flow as a Mermaid sequence diagram, with the same arrows as the page. */
export function toMermaid(flow: Flow, failedStep?: number): string {
  const { lanes, arrows } = drawDiagram(flow, (failedStep ?? 0) - 1);
  const nameOf = (x: number) => lanes.find((lane) => lane.x === x)?.actor;
  const heads = { request: '->>', answer: '-->>', failed: '--x' };
  return [
    'sequenceDiagram',
    ...lanes.map(({ actor, name }) => `  participant ${actor} as ${name}`),
    ...arrows.map(({ from, to, kind, step, label }) => {
      const text = kind === 'request' ? `${step}. ${label}` : label;
      return `  ${nameOf(from)}${heads[kind]}${nameOf(to)}: ${plain(text)}`;
    }),
    '',
  ].join('\n');
}

/** `#` and `;` have a meaning in Mermaid, and so have line breaks. */
function plain(text: string): string {
  return text.replace(/[#;\p{Cc}]/gu, (sign) => `#${sign.codePointAt(0)};`);
}
