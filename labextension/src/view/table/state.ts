/** What the panel asks about its rows, and how it shows them. */

import type { Page, Row } from '../data/answers';
import type { Verbs } from '../data/source';

export type RowsQuestion = Required<Omit<Verbs['rows']['ask'], 'limit'>>;

export interface Look {
  marked?: Map<string, Row>;
  opened?: string;
  alone?: boolean;
}

/** What a search asks. A new order in its text decides instead of the column that was pressed. */
export function afterSearch(before: RowsQuestion, query: string): Partial<RowsQuestion> {
  const order = orderOf(query);
  const sort = order !== '' && order !== orderOf(before.query) ? '' : before.sort;
  return { query, sort, offset: 0 };
}

/** What a press on a heading asks. `next` computes the order from that of the last question. */
export function afterHeading(
  before: RowsQuestion,
  page: Page | null,
  next: (sort: string) => string,
): Partial<RowsQuestion> {
  return { sort: next(before.sort || (page?.sort ?? '')), offset: 0 };
}

function orderOf(query: string): string {
  return /\border\s+by\b.*/isu.exec(query)?.[0] ?? '';
}
