/** Errors in a search, in the words of `nbmodel/index`. */

import { RequestError } from '../data/source';

/** Most characters of a search, and of a word in it, that an error repeats. */
const MAX_QUERY = 200;
const MAX_WORD = 80;

/** Why a search is refused, and the position, counted from 0. */
export class SearchError extends Error {
  constructor(
    readonly why: string,
    readonly position: number,
  ) {
    super(why);
    this.name = 'SearchError';
  }
}

/** The error that a user sees; positions in it count characters from 1, as in Python. */
export function invalidQuery(query: string, { why, position }: SearchError): RequestError {
  const characters = [...query];
  const cut = characters.length > MAX_QUERY;
  const shown = cut ? `${characters.slice(0, MAX_QUERY - 1).join('')}…` : query;
  const place = [...query.slice(0, position)].length + 1;
  return new RequestError(
    `Cannot search for ${quoted(shown)}: ${visible(why)} (at character ${place}).`,
    'Write words or conditions: metrics.auc > 0.9 and stage = prod and name ~ "churn".',
    'InvalidQuery',
  );
}

/** The error for an order that is not written in the search. */
export function invalidSort(name: string, { why }: SearchError): RequestError {
  return new RequestError(
    `Cannot sort by ${quoted(name)}: ${visible(why)}.`,
    'Sort by time, name, number, size, or by a metric, parameter or tag.',
    'InvalidValue',
  );
}

// Control characters and characters without width; the class is that of `nbmodel/display.py`.
const INVISIBLE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A text whose invisible characters are escapes, as Python shows it. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => ESCAPES[character] ?? escaped(character));
}

/** A word of a search in an error, cut if it is long. */
export function quotedWord(text: string): string {
  return quoted([...text].slice(0, MAX_WORD).join(''));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A text in quotation marks, as Python's `repr` writes it. */
export function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const plain = text.replace(/[\\\p{C}\p{Z}]/gu, (character) =>
    character === ' ' ? ' ' : (ESCAPES[character] ?? escaped(character)),
  );
  return `${mark}${plain.replaceAll(mark, `\\${mark}`)}${mark}`;
}

function escaped(character: string): string {
  const point = character.codePointAt(0)!;
  const digits = point.toString(16);
  if (point < 0x100) {
    return `\\x${digits.padStart(2, '0')}`;
  }
  return point < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}
