/** The columns of the table of versions, and the row with their headings. */

import { chips, heldChip } from '../ui/chips';
import { h, icon, type Child } from '../ui/dom';
import { ago } from '../data/format';
import { dateTime, number, size } from '../data/numbers';
import { own } from '../data/own';
import type { Direction, HeldStage, Page, Registry, Row } from '../data/answers';
import { trans } from '../translation';

export interface Column {
  title(): string;
  kind: string;
  /** The key of the order; a column without it cannot be sorted. */
  by?: string;
  /** Whether the first click sorts in descending order. */
  down?: boolean;
  cell(row: Row): Child;
  /** The whole text, if the cell may be too narrow for it. */
  whole?(row: Row): string;
}

const BEFORE: readonly Column[] = [
  {
    title: () => trans.__('Version'),
    kind: 'version',
    by: 'name',
    cell: (row) => row.ref,
    whole: (row) => row.ref,
  },
];
const AFTER: readonly Column[] = [
  {
    title: () => trans.__('Date'),
    kind: 'date',
    by: 'time',
    down: true,
    cell: (row) => ago(row.time),
    whole: (row) => dateTime(row.time),
  },
  {
    title: () => trans.__('Message'),
    kind: 'message',
    cell: (row) => row.message,
    whole: (row) => row.message,
  },
  {
    title: () => trans.__('Author'),
    kind: 'author',
    cell: (row) => row.author,
    whole: (row) => row.author,
  },
  {
    title: () => trans.__('Size'),
    kind: 'size',
    by: 'size',
    down: true,
    cell: (row) => size(row.size),
  },
];

/** The labels of a version. With `models`, a row also shows the stages of its model's other versions. */
function labels(models: Page['models'] | null): Column {
  const held = (row: Row): readonly HeldStage[] => {
    const facts = models && own(models, row.model);
    return facts?.stages.filter(({ commit }) => commit !== row.commit) ?? [];
  };
  return {
    title: () => trans.__('Labels'),
    kind: 'labels',
    cell: (row) => {
      const element = chips(row);
      const metric = (models && own(models, row.model)?.mainMetric) ?? '';
      element.append(...held(row).map((stage) => heldChip(stage, metric)));
      return element;
    },
    whole: (row) =>
      [
        ...row.stages,
        ...row.releases,
        ...held(row).map(({ stage, ref }) => `${stage}: ${ref}`),
      ].join(', '),
  };
}

/** All columns; `metrics` are the names of those that have one. */
export function columnsOf(
  metrics: readonly string[],
  directions: Registry['metricDirections'],
  models: Page['models'] | null,
): Column[] {
  return [
    ...BEFORE,
    labels(models),
    ...metrics.map((name) => metricColumn(name, own(directions, name))),
    ...AFTER,
  ];
}

function metricColumn(name: string, direction: Direction | undefined): Column {
  const cell = (row: Row): string => {
    const metric = row.metrics.find(([key]) => key === name);
    return metric ? number(metric[1]) : '';
  };
  return {
    title: () => name,
    kind: 'metric',
    by: `metrics.${name}`,
    down: direction !== 'lower',
    cell,
  };
}

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
      const { kind, by } = column;
      const title = column.title();
      const order = by === undefined ? null : orderOf(sort, by);
      return h(
        'th',
        { class: `nbm-cell-${kind}`, scope: 'col', 'aria-sort': order, title },
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
