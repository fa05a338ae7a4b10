/** The orders in which versions can be listed. */

import { factOf, numberOf, type Searchable } from './fields';
import type { Row } from '../data/answers';

const KEYS: Readonly<Record<string, (of: Searchable) => number>> = {
  time: (of) => of.row.time,
  number: (of) => of.row.number,
  size: (of) => of.row.size,
};

/** Sort in the order of `sort`; versions without a number for it are left out. */
export function sortRows(found: readonly Searchable[], sort: string): Searchable[] {
  const by = sort.replace(/^-/, '');
  const sign = sort.startsWith('-') ? -1 : 1;
  if (by === 'name') {
    const names = new Intl.Collator('en');
    return [...found].sort((a, b) => sign * names.compare(a.row.model, b.row.model));
  }
  const key = Object.hasOwn(KEYS, by) ? KEYS[by] : undefined;
  const keyed = found
    .map((of) => ({ of, key: key ? key(of) : numberOf(factOf(of, by)) }))
    .filter((each) => !Number.isNaN(each.key));
  return keyed.sort((a, b) => sign * (a.key - b.key)).map((each) => each.of);
}

/** References, oldest version first. */
export function olderFirst(rows: Iterable<Row>): string[] {
  return [...rows].sort((a, b) => a.time - b.time || a.number - b.number).map((row) => row.ref);
}
