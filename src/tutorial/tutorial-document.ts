import { existsSync, readFileSync } from 'node:fs';
import { sourceLines } from './source-code.ts';

/** A piece of a section: text, a message, or code that is quoted from a file. */
export type Block =
  | { readonly html: string }
  | { readonly text: string; readonly file?: string; readonly line?: number | undefined };

/** A step of docs/tutorial.md. */
export interface TutorialStep {
  readonly title: string;
  /** What its button does. */
  readonly does: string;
  /** The messages of the last login that belong to it, by their kind in the flow inspector. */
  readonly sees: readonly string[];
  /** The experiments that belong to it. */
  readonly tries: readonly string[];
  readonly intro: readonly Block[];
  /** Do, See, Why and Code, as far as it has them. */
  readonly sections: readonly { readonly title: string; readonly blocks: readonly Block[] }[];
}

/** The steps of docs/tutorial.md; none where the app runs without its documents. */
export function readTutorial(): readonly TutorialStep[] {
  const file = new URL('../../docs/tutorial.md', import.meta.url);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(/^## /m).slice(1).map(readStep);
}

function readStep(text: string): TutorialStep {
  const [, title = '', mark = '', body = ''] = /^([^\n]*)\n\n<!-- ([^\n]*) -->\n(.*)/s.exec(text) ?? [];
  const marks = new Map(mark.split('; ').map((one) => one.split(': ') as [string, string]));
  const list = (name: string) => marks.get(name)?.split(' ') ?? [];
  const [intro = '', ...sections] = body.split(/^### /m);
  return {
    title,
    does: marks.get('do') ?? '',
    sees: list('see'),
    tries: list('try'),
    intro: readBlocks(intro),
    sections: sections.map((section) => {
      const [heading = ''] = section.split('\n', 1);
      return { title: heading, blocks: readBlocks(section.slice(heading.length)) };
    }),
  };
}

/** The part of Markdown that the tutorial uses: paragraphs, lists, fenced blocks. Pictures are left out: they show this app. */
function readBlocks(text: string): Block[] {
  const pieces = text.split(/((?:<!-- quote: \S+ -->\n)?^```\w*\n.*?^```$)/ms);
  return pieces.flatMap((piece): Block[] => {
    const [, file, code] = /^(?:<!-- quote: (\S+) -->\n)?```\w*\n(.*)\n```$/s.exec(piece) ?? [];
    if (code !== undefined) return [file ? { text: code, file, line: lineOf(file, code) } : { text: code }];
    const paragraphs = piece.split(/\n\n+/).filter((paragraph) => /^(?!<picture>)./.test(paragraph.trim()));
    return paragraphs.map((paragraph) => ({ html: toHtml(paragraph.trim()) }));
  });
}

function toHtml(text: string): string {
  if (!text.startsWith('- ')) return `<p>${inline(text)}</p>`;
  const items = text.slice(2).split('\n- ');
  return `<ul>${items.map((item) => `<li>${inline(item)}</li>`).join('')}</ul>`;
}

/** Code, bold text and links. A link to a document of the repository becomes its name, since the app does not serve it. */
function inline(text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return escaped
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\*([^*]+)\*/g, '<em>$1</em>')
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_, name: string, target: string) => {
      if (target.startsWith('https:')) return `<a href="${target}">${name}</a>`;
      const file = target.replace(/^(\.\.\/)+/, '').replace(/#.*/, '');
      if (sourceLines(file)) return `<a href="tutorial/source?file=${file}">${name}</a>`;
      return file.includes('/') || file === 'README.md' ? name : `<code>docs/${file}</code>`;
    });
}

/** Where a quotation begins in its file. */
function lineOf(file: string, quote: string): number | undefined {
  const quoted = quote.split('\n').map((line) => line.trim());
  const lines = sourceLines(file)?.map((line) => line.trim()) ?? [];
  const index = lines.findIndex((_, start) => quoted.every((line, offset) => line === lines[start + offset]));
  return index < 0 ? undefined : index + 1;
}
