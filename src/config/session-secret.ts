/*
 * Tells a random secret from one that a person made up. Randomness cannot be proved; this finds what people type:
 * words, sentences, sequences, adjacent keys, repetitions.
 */

/** 32 bytes, as `openssl rand -base64 32` and `npm run bootstrap` generate. */
const wantedBits = 256;
/** Random text contains a few sequences and repetitions by chance. */
const toleratedShare = 1 / 3;

/** Whether this may be 32 random bytes in hex, base64, base64url, UUIDs or another alphabet. */
export function looksRandom(secret: string): boolean {
  if (/[^\x21-\x7e]/.test(secret)) return false;
  const text = /^[0-9a-f-]+$/i.test(secret) ? secret.replaceAll('-', '') : secret;
  const bits = bitsPerCharacter(text);
  if (text.length * bits < wantedBits) return false;
  const folded = text.toLowerCase();
  const unpredictable = folded.length - countPredictable(folded);
  if (unpredictable * bits < wantedBits * (1 - toleratedShare)) return false;
  return bits === 4 || !(isMadeOfWords(text) || readsLikeEnglish(folded));
}

function bitsPerCharacter(text: string): number {
  if (/^\d+$/.test(text)) return Math.log2(10);
  if (/^([0-9a-f]+|[0-9A-F]+)$/.test(text)) return 4;
  return /[a-z]/.test(text) && /[A-Z]/.test(text) ? 6 : 5;
}

/** How many characters make a sequence or a repetition. */
const chunk = 4;

/** Counts the characters that repeat an earlier chunk or are part of a sequence (`abcd`, `qwer`, `4321`, `aaaa`, `a1b2c3d4`). */
function countPredictable(text: string): number {
  const marked = new Set<number>();
  const seen = new Set<string>();
  for (let at = 0; at + chunk <= text.length; at++) {
    const part = text.slice(at, at + chunk);
    if (seen.has(part) || isSequence(part)) mark(at, 1);
    seen.add(part);
    const everyOther = [0, 2, 4, 6].map((offset) => text[at + offset] ?? '').join('');
    if (isSequence(everyOther)) mark(at, 2);
  }
  return marked.size;

  function mark(start: number, step: number): void {
    for (let index = 0; index < chunk; index++) marked.add(start + index * step);
  }
}

function isSequence(part: string): boolean {
  return sequences.has(part) || (part.length === chunk && new Set(part).size === 1);
}

const rows = [
  'abcdefghijklmnopqrstuvwxyzabc',
  'acegikmoqsuwy',
  'bdfhjlnprtvxz',
  '01234567890123',
  '24680',
  '13579',
  'qwertyuiop[]',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '!@#$%^&*()',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  'qazwsxedcrfvtgbyhnujmikolp',
];

const sequences = new Set(rows.flatMap((row) => [row, [...row].reverse().join('')]).flatMap((row) => chunksOf(row)));

function chunksOf(row: string): string[] {
  return Array.from({ length: row.length - chunk + 1 }, (_, at) => row.slice(at, at + chunk));
}

/** The most frequent letter pairs of English: about half of all pairs in English text, one in fifteen in random text. */
const commonPairs = new Set(
  'th he in er an re nd on en at ou ed ha to or it is hi es ng te as ti se ar al st nt ve le me of ea ne co de ro ra io ic li ll ri ch om el la ma be ce'.split(
    ' ',
  ),
);

/** Mostly capitalized words: `MyLongSecret…`. */
function isMadeOfWords(text: string): boolean {
  const words = (text.match(/[A-Z][a-z]{2,}/g) ?? []).filter(
    (word) => /[aeiouy]/i.test(word) && !/[^aeiouy]{4}/i.test(word),
  );
  return words.join('').length >= text.length * 0.75;
}

/** Far more common letter pairs than chance would produce. */
function readsLikeEnglish(text: string): boolean {
  const pairs = Array.from({ length: text.length - 1 }, (_, at) => text.slice(at, at + 2)).filter((pair) =>
    /^[a-z]{2}$/.test(pair),
  );
  const common = pairs.filter((pair) => commonPairs.has(pair)).length;
  return common >= 10 + pairs.length / 8;
}
