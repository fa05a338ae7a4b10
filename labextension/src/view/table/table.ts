/** The table of versions: a grid with one tab stop; the arrow keys move between its rows. */

import { bestValues } from './bestValues';
import { chips } from '../ui/chips';
import { fill, h, icon, type Child } from '../ui/dom';
import { ago, lowerIsBetter } from '../data/format';
import { dateTime, number, size } from '../data/numbers';
import type { Page, Row } from '../data/answers';
import { trans } from '../translation';

export interface TableState {
  page: Page | null;
  /** Names of the metrics that have a column. */
  metrics: readonly string[];
  /** The order of the rows of `page`, in the form of the question `rows`. */
  sort: string;
  /** Commit of the version that is shown beside the table. */
  opened: string;
  /** Versions marked for a comparison, by commit. */
  marked: ReadonlyMap<string, Row>;
}

export interface TableEvents {
  open(row: Row): void;
  mark(row: Row): void;
  /** A heading was pressed; `next` computes the new order from the previous one. */
  sort(next: (sort: string) => string): void;
}

interface Heading {
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

const SKELETONS = 12;
const JUMP = 10;

const BEFORE: readonly Heading[] = [
  {
    title: () => trans.__('Version'),
    kind: 'version',
    by: 'name',
    cell: (row) => row.ref,
    whole: (row) => row.ref,
  },
  {
    title: () => trans.__('Labels'),
    kind: 'labels',
    cell: chips,
    whole: (row) => [...row.stages, ...row.releases].join(', '),
  },
];
const AFTER: readonly Heading[] = [
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

/** The table, empty at first; `draw` fills it each time. */
export class Table {
  readonly element: HTMLElement;
  private readonly columns = h('colgroup');
  private readonly head = h('thead');
  private readonly body = h('tbody');
  private readonly grid: HTMLElement;
  private rows: readonly Row[] = [];
  /** Commit of the row that Tab reaches. */
  private current = '';

  constructor(private readonly events: TableEvents) {
    const { columns, head, body } = this;
    this.grid = h(
      'table',
      {
        class: 'nbm-table',
        role: 'grid',
        'aria-label': trans.__('Versions'),
        'aria-multiselectable': true,
      },
      columns,
      head,
      body,
    );
    this.element = h('div', { class: 'nbm-table-container' }, this.grid);
    body.addEventListener('focusin', (event) => this.onFocus(event));
    body.addEventListener('click', (event) => this.onClick(event));
    body.addEventListener('keydown', (event) => this.onKey(event));
  }

  draw(state: TableState): void {
    const { head, body, events } = this;
    const focused = body.contains(document.activeElement);
    const headings = [...BEFORE, ...state.metrics.map(metricHeading), ...AFTER];
    this.rows = state.page?.rows ?? [];
    fill(this.columns, h('col', { class: 'nbm-col-check' }), headings.map(columnOf));
    // A button that was pressed with the keyboard keeps the focus.
    const pressed = head.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset['by']
      : undefined;
    fill(head, headLine(headings, state, events));
    if (pressed !== undefined) {
      [...head.querySelectorAll('button')].find((each) => each.dataset['by'] === pressed)?.focus();
    }
    const best = bestValues(this.rows, state.metrics);
    fill(
      body,
      state.page
        ? this.rows.map((row) => lineFor(row, headings, state, best))
        : Array.from({ length: SKELETONS }, () => skeleton(headings.length + 1)),
    );
    this.number(state.page);
    this.rove(state.opened);
    if (focused) {
      this.lineOf(this.current)?.focus({ preventScroll: true });
    }
  }

  /** Put the focus on the row last used. */
  focus(): void {
    this.lineOf(this.current)?.focus();
  }

  /** Set the row numbers and the row count for assistive technology. */
  private number(page: Page | null): void {
    const count = page && !page.totalIsLowerBound ? page.total + 1 : -1;
    this.grid.setAttribute('aria-rowcount', String(count));
    for (const [index, line] of [...this.body.rows].entries()) {
      line.setAttribute('aria-rowindex', String((page?.offset ?? 0) + index + 2));
    }
  }

  private onFocus(event: Event): void {
    const row = this.rowOf(event.target);
    if (row && row.commit !== this.current) {
      this.current = row.commit;
      this.rove();
    }
  }

  private onClick(event: Event): void {
    const row = this.rowOf(event.target);
    if (row && (event.target as Element).closest('.nbm-cell-check')) {
      this.events.mark(row);
    } else if (row) {
      this.events.open(row);
    }
  }

  private onKey(event: KeyboardEvent): void {
    const row = this.rowOf(event.target);
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const act = row && plain ? this.keys[event.key] : undefined;
    if (row && act) {
      event.preventDefault();
      act(row, this.rows.indexOf(row));
    }
  }

  private readonly keys: Readonly<Record<string, (row: Row, at: number) => void>> = {
    ArrowDown: (_, at) => this.walk(at + 1),
    ArrowUp: (_, at) => this.walk(at - 1),
    PageDown: (_, at) => this.walk(at + JUMP),
    PageUp: (_, at) => this.walk(at - JUMP),
    Home: () => this.walk(0),
    End: () => this.walk(this.rows.length - 1),
    Enter: (row) => this.events.open(row),
    ' ': (row) => this.events.mark(row),
  };

  private rowOf(target: EventTarget | null): Row | undefined {
    const line = target instanceof Element ? target.closest('tr') : null;
    return this.rows.find((row) => row.commit === line?.dataset['commit']);
  }

  private walk(to: number): void {
    const row = this.rows[Math.min(Math.max(to, 0), this.rows.length - 1)];
    if (row) {
      this.lineOf(row.commit)?.focus();
    }
  }

  private lineOf(commit: string): HTMLTableRowElement | undefined {
    return [...this.body.rows].find((line) => line.dataset['commit'] === commit);
  }

  /** Make one row the tab stop: the one last used, else the open one, else the first. */
  private rove(opened = ''): void {
    const { rows } = this;
    const stop = [this.current, opened].find((commit) => rows.some((row) => row.commit === commit));
    this.current = stop ?? rows[0]?.commit ?? '';
    for (const line of this.body.rows) {
      line.tabIndex = line.dataset['commit'] === this.current ? 0 : -1;
    }
  }
}

function metricHeading(name: string): Heading {
  const find = (row: Row): string => {
    const metric = row.metrics.find(([key]) => key === name);
    return metric ? number(metric[1]) : '';
  };
  return {
    title: () => name,
    kind: 'metric',
    by: `metrics.${name}`,
    down: !lowerIsBetter(name),
    cell: find,
  };
}

function columnOf({ kind }: Heading): HTMLElement {
  return h('col', { class: `nbm-col-${kind}` });
}

function headLine(headings: readonly Heading[], state: TableState, events: TableEvents): Child {
  return h(
    'tr',
    { 'aria-rowindex': 1 },
    h(
      'th',
      { class: 'nbm-cell-check', scope: 'col' },
      h('span', { class: 'nbm-hidden' }, trans.__('Compare')),
    ),
    headings.map((heading) => {
      const { kind, by } = heading;
      const title = heading.title();
      const order = by === undefined ? null : orderOf(state.sort, by);
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
                onclick: () => events.sort((sort) => nextSort(sort, heading)),
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
function nextSort(sort: string, { by = '', down }: Heading): string {
  const natural = down ? `-${by}` : by;
  const other = down ? by : `-${by}`;
  return sort === natural ? other : natural;
}

function lineFor(
  row: Row,
  headings: readonly Heading[],
  state: TableState,
  best: ReadonlySet<string>,
): HTMLElement {
  const marked = state.marked.has(row.commit);
  return h(
    'tr',
    {
      'data-commit': row.commit,
      'aria-selected': marked,
      'aria-current': row.commit === state.opened ? true : null,
      tabindex: -1,
    },
    h(
      'td',
      { class: 'nbm-cell-check' },
      h('input', {
        type: 'checkbox',
        class: 'nbm-check',
        tabindex: -1,
        checked: marked,
        'aria-label': trans.__('Compare %1', row.ref),
      }),
    ),
    headings.map(({ kind, title, cell, whole }) => {
      const isBest = kind === 'metric' && best.has(`${row.commit} ${title()}`);
      return h(
        'td',
        {
          class: `nbm-cell-${kind}${isBest ? ' nbm-best' : ''}`,
          title: isBest ? trans.__('Best of %1 here', row.model) : whole?.(row) || null,
        },
        cell(row),
      );
    }),
  );
}

function skeleton(cells: number): HTMLElement {
  return h(
    'tr',
    { class: 'nbm-skeleton-row', 'aria-hidden': true },
    Array.from({ length: cells }, () => h('td', null, h('div', { class: 'nbm-skeleton' }))),
  );
}
