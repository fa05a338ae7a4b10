/** Texts as a search compares them, and their words: as `nbmodel/index/folding.py` makes them. */

/** Characters of words: letters, digits, marks and private characters. */
const WORD = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;
const ENDS_IN_WORD = /[\p{L}\p{N}\p{M}\p{Co}]$/u;
/** U+0295 had case before Unicode 15.1. */
const CASED = /^(?!\u0295)\p{LC}/u;

/** `text` without case, accents and other forms of characters. */
export function fold(text: string): string {
  const plain = text.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');
  // Upper case makes one text of ß and SS, and of a dotless i and i. One by one, no Σ is final.
  const upper = [...plain.toLowerCase().toUpperCase()];
  return upper
    .map((character) => character.toLowerCase())
    .join('')
    .normalize('NFC');
}

/** The words of `text`, folded. */
export function wordsOf(text: string): string[] {
  return fold(text).match(WORD) ?? [];
}

/**
 * Whether a word of `text`, or several from there on, begin with `part`, which is folded.
 *
 * A script without case, such as Chinese, may have no spaces, so `part` may be anywhere.
 */
export function beginsWord(text: string, part: string): boolean {
  const folded = fold(text);
  if (!part) {
    return !folded;
  }
  const anywhere = !CASED.test(part);
  let at = folded.indexOf(part);
  while (at > 0 && !anywhere && ENDS_IN_WORD.test(folded.slice(0, at))) {
    at = folded.indexOf(part, at + 1);
  }
  return at >= 0;
}

/** Negative if `a` comes first; by code points, as SQLite and Python compare texts. */
export function compareTexts(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) {
    at += 1;
  }
  // Halves of a surrogate pair are compared with their whole character.
  const inPair = at > 0 && /[\ud800-\udbff]/.test(a.charAt(at - 1)) ? 1 : 0;
  return (a.codePointAt(at - inPair) ?? -1) - (b.codePointAt(at - inPair) ?? -1);
}
