/*
 * Text from outside (names, ids, URLs, messages) on its way to a terminal or a log. It lives here because this is the
 * room where such text enters, and every room that shows some may import it.
 */

/** Controls (Cc), lone surrogates (Cs), what turns the reading direction, and the line breaks of Unicode. */
const unsafe = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]+/gu;

/** The text on one line: a run of unsafe characters, line breaks among them, becomes one blank. */
export function cleanText(text: string): string {
  return text.replace(unsafe, ' ');
}

/**
 * A text that may have several lines: `\n` stays, every other unsafe character is spelt out as `\u001b`. A JSON
 * document means the same afterwards.
 */
export function cleanLines(text: string): string {
  const spelt = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(unsafe, (run) => run.replace(/[^\n]/g, spelt));
}
