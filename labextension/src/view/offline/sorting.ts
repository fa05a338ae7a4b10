/** The orders in which versions can be listed, as `nbmodel/index/sorting.py` sorts them. */

import { compareNumbers, type Numeric } from './facts';
import { factOf, isField, kindOf } from './fields';
import { compareTexts, fold } from './folding';
import { KINDS, type Names, type Searchable } from './searchable';
import { SearchError } from './searchError';
import type { Row } from '../data/answers';

export interface SortKey {
  name: string;
  descending: boolean;
  /** Where it begins in the search, counted from 0. */
  position: number;
}

/** How to sort by one key; a version without a value has undefined. */
export interface Order {
  /** The field as the question `rows` calls it. */
  name: string;
  descending: boolean;
  value(of: Searchable): Numeric | string | undefined;
}

const FIELDS: Readonly<Record<string, Order['value']>> = {
  time: (of) => -of.age,
  name: (of) => fold(of.row.model),
  number: (of) => of.row.number,
  size: (of) => of.row.size,
  branch: (of) => fold(of.row.branch),
  author: (of) => fold(of.author),
  type: (of) => fold(of.type),
  flavor: (of) => fold(of.flavor),
  message: (of) => fold(of.message),
};
const SAME: Readonly<Record<string, string>> = { date: 'time', model: 'name' };

/** How to sort by a key; throws a `SearchError` if there is no such field. */
export function orderBy(names: Names, { name, descending, position }: SortKey): Order {
  const lower = name.toLowerCase();
  const field = Object.hasOwn(SAME, lower) ? SAME[lower]! : lower;
  if (Object.hasOwn(FIELDS, field)) {
    return { name: field, descending, value: FIELDS[field]! };
  }
  if (isField(field)) {
    const known = [...Object.keys(FIELDS), ...KINDS.map((kind) => `${kind}.NAME`)];
    const why = `a version can have more than one ${field}; sort by ${known.join(', ')}`;
    throw new SearchError(why, position);
  }
  const [kind, key] = kindOf(names, name, position);
  const value = (of: Searchable) => {
    const fact = factOf(of, kind, key);
    return fact?.number ?? fact?.text ?? undefined;
  };
  return { name: `${kind}.${key}`, descending, value };
}

/** The versions in the order of the first key, then of the next. The sort is stable. */
export function sortRows(found: readonly Searchable[], order: readonly Order[]): Searchable[] {
  const keyed = found.map((of) => ({ of, values: order.map((key) => key.value(of)) }));
  return keyed
    .sort((a, b) => {
      for (const [at, { descending }] of order.entries()) {
        const difference = compare(a.values[at], b.values[at], descending ? -1 : 1);
        if (difference !== 0) {
          return difference;
        }
      }
      return 0;
    })
    .map(({ of }) => of);
}

type Value = Numeric | string | undefined;

/** Numbers come before texts, and missing values last, in both directions. */
function compare(a: Value, b: Value, sign: number): number {
  if (a === undefined || b === undefined) {
    return Number(a === undefined) - Number(b === undefined);
  }
  if (typeof a === 'string' && typeof b === 'string') {
    return sign * compareTexts(a, b);
  }
  if (typeof a === 'string' || typeof b === 'string') {
    return typeof a === 'string' ? 1 : -1;
  }
  return sign * compareNumbers(a, b);
}

/** References, oldest version first. */
export function olderFirst(rows: Iterable<Row>): string[] {
  return [...rows].sort((a, b) => a.time - b.time || a.number - b.number).map((row) => row.ref);
}
