/** The versions that a search finds, in its order or in that of a column. */

import type { Row } from '../data/answers';
import { parseQuery } from './search';
import type { Names, Searchable } from './searchable';
import { invalidSort, SearchError } from './searchError';
import { orderBy, sortRows, type Order } from './sorting';
import { unusedNames } from './unusedNames';

/** The versions that match a search, in order. */
export interface FoundRows {
  rows: Row[];
  /** The first field by which they are sorted, as the question `rows` names it. */
  sort: string;
  /** What the search names though no version has it, if it finds nothing. */
  hint: string;
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
  const order = [...(sort ? [readSort(sort, names)] : []), ...query.order()];
  const rows = sortRows(versions.filter(query.test), order).map((of) => of.row);
  const [first] = order;
  const hint = rows.length > 0 ? '' : unusedNames(names, query.fields);
  return { rows, hint, sort: first ? `${first.descending ? '-' : ''}${first.name}` : '-time' };
}

function readSort(sort: string, names: Names): Order {
  const name = sort.replace(/^-/, '');
  try {
    return orderBy(names, { name, descending: sort !== name, position: 0 });
  } catch (error) {
    throw error instanceof SearchError ? invalidSort(name, error) : error;
  }
}
