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
    `Cannot search for ${quoted(shown)}: ${why} (at character ${place}).`,
    'Write words or conditions: metrics.auc > 0.9 and stage = prod and name ~ "churn".',
    'InvalidQuery',
  );
}

/** The error for an order that is not written in the search. */
export function invalidSort(name: string, { why }: SearchError): RequestError {
  return new RequestError(
    `Cannot sort by ${quoted(name)}: ${why}.`,
    'Sort by time, name, number, size, or by a metric, parameter or tag.',
    'InvalidValue',
  );
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
