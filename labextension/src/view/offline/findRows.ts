/** The versions that a search finds, in its order or in that of a column. */

import type { Row } from '../data/answers';
import type { Names, Searchable } from './fields';
import { parseQuery } from './search';
import { invalidSort, SearchError } from './searchError';
import { orderBy, sortRows, type Order } from './sorting';

/** The versions that match a search, in order. */
export interface FoundRows {
  rows: Row[];
  /** The first field by which they are sorted, as the question `rows` names it. */
  sort: string;
}

/**
 * Search `versions`, which are the newest first; throws a `RequestError`.
 *
 * `names` are the metrics, parameters and tags of the registry. `sort` goes before the order of the
 * search; it may be empty.
 */
export function findRows(
  versions: readonly Searchable[],
  names: Names,
  text: string,
  sort: string,
): FoundRows {
  const query = parseQuery(text, names);
  const order = sort ? [readSort(sort, names), ...query.order] : query.order;
  const rows = sortRows(versions.filter(query.test), order).map((of) => of.row);
  const [first] = order;
  return { rows, sort: first ? `${first.descending ? '-' : ''}${first.name}` : '-time' };
}

function readSort(sort: string, names: Names): Order {
  const name = sort.replace(/^-/, '');
  try {
    return orderBy(names, { name, descending: sort !== name, position: 0 });
  } catch (error) {
    throw error instanceof SearchError ? invalidSort(name, error) : error;
  }
}
