import type { Content, Html } from './html.ts';
import { html } from './html.ts';

/**
 * Lists under their headings, in the order in which the headings first occur; `row` makes the items. What has no heading
 * comes first, without one.
 */
export function grouped<T extends { group: string }>(
  items: readonly T[],
  row: (item: T) => Content,
  className: string,
): Html[] {
  const names = [...new Set(['', ...items.map(({ group }) => group)])];
  return names.flatMap((name, index) => {
    const members = items.filter(({ group }) => group === name);
    if (members.length === 0) return [];
    const list = html`<ul class="${className}">${members.map(row)}</ul>`;
    if (name === '') return [list];
    return [
      html`<section aria-labelledby="group-${index}"><h2 id="group-${index}">${name}</h2>${list}</section>`,
    ];
  });
}
