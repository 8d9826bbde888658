/** A piece of HTML that is safe to send: everything put into it was escaped. */
export interface Html {
  readonly text: string;
}

/** What may be put into a piece of HTML. */
export type Content = Html | string | number | false | undefined | readonly Content[];

/** Template tag: escapes every value, except pieces made by this same tag. Nothing comes of `undefined` and `false`. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  const text = strings.reduce((text, part, index) => text + render(values[index - 1]) + part);
  return { text };
}

function render(value: Content): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return 'text' in value ? value.text : value.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for HTML content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
