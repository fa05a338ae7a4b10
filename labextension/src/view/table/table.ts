/** The table of versions: a grid with one tab stop; the arrow keys move between its rows. */

import { bestValues } from './bestValues';
import { fill, h } from '../ui/dom';
import type { Page, Registry, Row } from '../data/answers';
import { classOf, type Column } from './columns';
import { headLine } from './headings';
import { trans } from '../translation';

export interface TableState {
  page: Page | null;
  columns: readonly Column[];
  directions: Registry['metricDirections'];
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

const SKELETONS = 12;
/** Pixels of a column that the user has chosen, as in `table.css`. */
const COLUMN_PX = 96;
const KEPT_PX: Readonly<Record<string, number>> = {
  labels: 120,
  health: 140,
  main: 216,
  message: 200,
  author: 120,
};
const JUMP = 10;

/** The table, empty at first; `draw` fills it each time. */
export class Table {
  readonly element: HTMLElement;
  private readonly columns = h('colgroup');
  private readonly head = h('thead');
  private readonly body = h('tbody');
  private readonly grid: HTMLElement;
  private rows: readonly Row[] = [];
  private best: ReadonlySet<string> = new Set();
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
    const { columns } = state;
    this.rows = state.page?.rows ?? [];
    fill(
      this.columns,
      h('col', { class: 'nbm-col-check' }),
      columns.map((column) => h('col', { class: classOf('col', column) })),
    );
    this.widen(columns);
    // A button that was pressed with the keyboard keeps the focus.
    const pressed = head.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset['by']
      : undefined;
    fill(
      head,
      headLine(columns, state.page?.sort ?? '', (next) => events.sort(next)),
    );
    if (pressed !== undefined) {
      [...head.querySelectorAll('button')].find((each) => each.dataset['by'] === pressed)?.focus();
    }
    const metrics = columns.filter(({ kind }) => kind === 'metric').map(({ title }) => title());
    this.best = bestValues(this.rows, metrics, state.directions);
    fill(
      body,
      state.page
        ? this.rows.map((row) => lineFor(row, columns, state, this.best))
        : Array.from({ length: SKELETONS }, () => skeleton(columns.length + 1)),
    );
    this.number(state.page);
    this.rove(state.opened);
    if (focused) {
      this.lineOf(this.current)?.focus({ preventScroll: true });
    }
  }

  /** Make room for the columns that the user has chosen: a narrow table scrolls sideways. */
  private widen(columns: readonly Column[]): void {
    const kept = columns.filter((column) => column.kept);
    const width = kept.reduce((sum, { kind }) => sum + (KEPT_PX[kind] ?? COLUMN_PX), 0);
    this.grid.classList.toggle('nbm-widened', kept.length > 0);
    this.grid.style.setProperty('--nbm-kept-width', `${width}px`);
  }

  /** Whether a value is marked as the best of its model. */
  get hasBest(): boolean {
    return this.best.size > 0;
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

function lineFor(
  row: Row,
  columns: readonly Column[],
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
    columns.map((column) => {
      const { kind, title, cell, whole } = column;
      const isBest = kind === 'metric' && best.has(`${row.commit} ${title()}`);
      return h(
        'td',
        {
          class: `${classOf('cell', column)}${isBest ? ' nbm-best' : ''}`,
          // Its parts would be read as two words.
          'aria-label': kind === 'version' ? row.ref : null,
          title: isBest
            ? trans.__('Best value of %1 on this page', row.model)
            : whole?.(row) || null,
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
