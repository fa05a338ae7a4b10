/** Names that are similar to a mistyped one, as Python's `difflib.get_close_matches` finds them. */

import { compareTexts } from './folding';
import { visible } from './searchError';

const MOST = 3;
const CUTOFF = 0.6;
/** Characters from which `difflib` leaves out the frequent ones. */
const MAX_WORD = 200;

/** One sentence with the closest known names, or an empty string. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const close = closeNames(word, known).map(visible);
  return close.length > 0 ? `Did you mean ${close.join(' or ')}?` : '';
}

/** The closest known names, the best first. */
export function closeNames(word: string, known: Iterable<string>): string[] {
  const wanted = [...word];
  if (wanted.length >= MAX_WORD) {
    return [];
  }
  return [...new Set(known)]
    .map((name) => ({ name, ratio: ratio([...name], wanted) }))
    .filter((each) => each.ratio >= CUTOFF)
    .sort((a, b) => b.ratio - a.ratio || compareTexts(b.name, a.name))
    .slice(0, MOST)
    .map(({ name }) => name);
}

/** Twice the number of equal characters, divided by the number of all characters. */
function ratio(a: readonly string[], b: readonly string[]): number {
  const length = a.length + b.length;
  return length === 0 ? 1 : (2 * matches(a, b)) / length;
}

/** Characters of the longest common part, and of what is left and right of it. */
function matches(a: readonly string[], b: readonly string[]): number {
  const [inA, inB, size] = longest(a, b);
  if (size === 0) {
    return 0;
  }
  const left = matches(a.slice(0, inA), b.slice(0, inB));
  return left + size + matches(a.slice(inA + size), b.slice(inB + size));
}

/** Where the longest common part begins in `a` and in `b`, and its length; the first of several. */
function longest(a: readonly string[], b: readonly string[]): [number, number, number] {
  let best: [number, number, number] = [0, 0, 0];
  let lengths: number[] = [];
  for (const [i, character] of a.entries()) {
    const next: number[] = [];
    for (const [j, other] of b.entries()) {
      if (character === other) {
        const size = (lengths[j - 1] ?? 0) + 1;
        next[j] = size;
        if (size > best[2]) {
          best = [i - size + 1, j - size + 1, size];
        }
      }
    }
    lengths = next;
  }
  return best;
}
