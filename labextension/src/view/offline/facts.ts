/**
 * Metrics, parameters and tags in the forms that a search compares.
 *
 * They are those of `nbmodel/index/rows.py`. A page shows a value as Python writes it, and names the
 * parameters whose type this does not tell.
 */

import type { Pairs, Real } from '../data/answers';
import { fold } from './folding';
import type { SearchValue } from './data';

/** A whole number is exact: beyond 2^53 it is a bigint. */
export type Numeric = number | bigint;

/** A value: its number and its folded text, as far as it has them. */
export interface Fact {
  number: Numeric | null;
  text: string | null;
  /** The texts that `~` searches. */
  part: string;
  /** Whether it was recorded as a text, whose words a search finds. */
  isText: boolean;
}

/** The prefix of the metrics of an evaluation in a search. */
export const EVALUATION = 'eval';

export type Kind = 'metrics' | 'params' | 'tags' | typeof EVALUATION;

/** The values of a version by kind, and by their recorded names. */
export type Facts = Readonly<Record<Kind, ReadonlyMap<string, Fact>>>;

/** A number in a search or in a text. */
export const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$/;
const WHOLE = /^[+-]?[0-9]+$/;
const MAX_DIGITS = 20; // of a whole number of 64 bits with its sign
/** Values that no search spells as a number, as Python writes them. */
const NUMBERS_AS_TEXTS: ReadonlyMap<string, number | null> = new Map([
  ['nan', null],
  ['inf', Infinity],
  ['-inf', -Infinity],
]);
const CONSTANTS: ReadonlySet<string> = new Set(['True', 'False', 'None']);

/** The number that a text stands for, or null. */
export function readNumber(text: string): Numeric | null {
  if (!NUMBER.test(text)) {
    return null;
  }
  return wholeNumber(text) ?? Number(text);
}

/** A whole number of at most 64 bits; null if `text` is none. */
function wholeNumber(text: string): Numeric | null {
  if (!WHOLE.test(text) || text.length > MAX_DIGITS) {
    return null;
  }
  const whole = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(64, whole) !== whole) {
    return null;
  }
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

/** A value that was recorded as a text. */
export function textFact(text: string): Fact {
  const folded = fold(text);
  return { number: readNumber(text), text: folded, part: folded, isText: true };
}

export function metricFact(value: Real): Fact {
  const number = Number(value);
  return { number: Number.isNaN(number) ? null : number, text: null, part: '', isText: false };
}

/** A parameter by the text that a page shows. */
export function shownFact(shown: string): Fact {
  if (CONSTANTS.has(shown) || NUMBERS_AS_TEXTS.has(shown)) {
    const text = shown.toLowerCase();
    return { number: NUMBERS_AS_TEXTS.get(shown) ?? null, text, part: text, isText: false };
  }
  if (!NUMBER.test(shown)) {
    return textFact(shown);
  }
  const whole = wholeNumber(shown);
  const isLarge = whole === null && WHOLE.test(shown);
  const text = isLarge ? shown : null;
  return { number: whole ?? Number(shown), text, part: shown, isText: false };
}

/** A pair with its recorded name; `text` is its value if the page does not show it as such. */
export interface SearchPair<T> {
  name: string;
  shown: T;
  text: string | undefined;
}

/** The pairs that a search reads; see `SearchValues` about `exceptions`. */
export function searchPairs<T = string>(
  pairs: Pairs<T>,
  exceptions: Readonly<Record<string, SearchValue | null>> = {},
): Array<SearchPair<T>> {
  return pairs.flatMap(([shownName, shown], position) => {
    const exception = exceptions[position];
    return exception === null
      ? []
      : [{ name: exception?.name ?? shownName, shown, text: exception?.text }];
  });
}

/** Negative if `a` is less. A number and a bigint are compared exactly. */
export function compareNumbers(a: Numeric, b: Numeric): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
