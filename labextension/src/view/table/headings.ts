/** The row with the headings of the table, which sort it. */

import { h, icon, type Child } from '../ui/dom';
import { classOf, type Column } from './columns';
import { trans } from '../translation';

/** The row of headings; `onSort` receives a function that computes the new order from the old. */
export function headLine(
  columns: readonly Column[],
  sort: string,
  onSort: (next: (sort: string) => string) => void,
): Child {
  return h(
    'tr',
    { 'aria-rowindex': 1 },
    h(
      'th',
      { class: 'nbm-cell-check', scope: 'col' },
      h('span', { class: 'nbm-hidden' }, trans.__('Compare')),
    ),
    columns.map((column) => {
      const { by } = column;
      const title = column.title();
      const order = by === undefined ? null : orderOf(sort, by);
      const tooltip = [title, column.hint].filter(Boolean).join('\n');
      return h(
        'th',
        { class: classOf('cell', column), scope: 'col', 'aria-sort': order, title: tooltip },
        by === undefined
          ? h('span', { class: 'nbm-heading' }, h('span', { class: 'nbm-clip' }, title))
          : h(
              'button',
              {
                type: 'button',
                class: 'nbm-heading',
                'data-by': by,
                onclick: () => onSort((before) => nextSort(before, column)),
              },
              h('span', { class: 'nbm-clip' }, title),
              icon(order === 'ascending' ? 'up' : 'down'),
            ),
      );
    }),
  );
}

function orderOf(sort: string, by: string): string {
  const orders: Readonly<Record<string, string>> = { [by]: 'ascending', [`-${by}`]: 'descending' };
  return orders[sort] ?? 'none';
}

/** The other direction, or the natural order of a column that was not sorted. */
function nextSort(sort: string, { by = '', down }: Column): string {
  const natural = down ? `-${by}` : by;
  const other = down ? by : `-${by}`;
  return sort === natural ? other : natural;
}
