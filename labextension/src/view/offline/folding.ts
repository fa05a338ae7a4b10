/** Texts without case and accents, as `nbmodel/index/folding.py` compares them. */

/** `text` without case and accents. */
export function fold(text: string): string {
  const plain = text.normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  // Upper case makes one text of ß and SS, and of a dotless i and i. One by one, no Σ is final.
  const upper = [...plain.toLowerCase().toUpperCase()];
  return upper
    .map((character) => character.toLowerCase())
    .join('')
    .normalize('NFC');
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
  const [first = ''] = part;
  const anywhere = first.toUpperCase() === first;
  let at = folded.indexOf(part);
  while (at > 0 && !anywhere && /[\p{L}\p{N}]$/u.test(folded.slice(0, at))) {
    at = folded.indexOf(part, at + 1);
  }
  return at >= 0;
}
