import { beforeEach, describe, expect, it, vi } from 'vitest';

import { HOSTILE, registry, row } from '../fixtures';
import { rangeOf } from '../../../src/view/ui/pager';
import type { Page, Row } from '../../../src/view/data/answers';
import { columnsOf } from '../../../src/view/table/columns';
import { Table, type TableState } from '../../../src/view/table/table';

const events = { open: vi.fn(), mark: vi.fn(), sort: vi.fn() };
let table: Table;

const page = (rows: readonly Row[], more: Partial<Page> = {}): Page => ({
  rows,
  offset: 0,
  total: rows.length,
  totalIsLowerBound: false,
  sort: '-time',
  hint: '',
  models: {},
  params: {},
  ...more,
});
interface Given extends Partial<TableState> {
  metrics?: readonly string[];
  every?: boolean;
}

const state = (
  rows: readonly Row[],
  { metrics = ['auc'], every = false, ...more }: Given = {},
): TableState => ({
  page: page(rows),
  columns: columnsOf({
    registry: registry({ metrics }),
    page: more.page ?? page(rows),
    every,
    healths: null,
    sharing: null,
  }).filter(({ shown }) => shown),
  directions: { auc: 'higher', log_loss: 'lower' },
  opened: '',
  marked: new Map(),
  ...more,
});
const ROWS = Array.from({ length: 30 }, (_, index) => row('churn', 30 - index));

beforeEach(() => {
  Object.values(events).forEach((event) => event.mockClear());
  table = new Table(events);
  document.body.replaceChildren(table.element);
  table.draw(state(ROWS));
});

const lines = (): HTMLTableRowElement[] => [
  ...table.element.querySelectorAll<HTMLTableRowElement>('tbody tr'),
];
const stops = (): number[] =>
  lines().flatMap((line, index) => (line.tabIndex === 0 ? [index] : []));

function press(key: string): void {
  document.activeElement?.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }),
  );
}

describe('keys', () => {
  it.each([
    [['ArrowDown'], 1],
    [['ArrowDown', 'ArrowUp', 'ArrowUp'], 0],
    [['PageDown', 'PageDown', 'PageUp'], 10],
    [['End'], 29],
    [['End', 'ArrowDown', 'Home'], 0],
  ])('%j leads to row %i, the only tab stop', (keys, at) => {
    lines()[0]?.focus();
    keys.forEach(press);
    expect(lines().indexOf(document.activeElement as HTMLTableRowElement)).toBe(at);
    expect(stops()).toEqual([at]);
  });

  it('Enter opens and Space marks', () => {
    lines()[0]?.focus();
    press('ArrowDown');
    press('Enter');
    press(' ');
    expect(events.open).toHaveBeenCalledExactlyOnceWith(ROWS[1]);
    expect(events.mark).toHaveBeenCalledExactlyOnceWith(ROWS[1]);
  });

  it('the focus stays on its version when the rows change', () => {
    lines()[3]?.focus();
    table.draw(state([row('churn', 31), ...ROWS]));
    expect((document.activeElement as HTMLElement).dataset['commit']).toBe(ROWS[3]?.commit);
    expect(stops()).toEqual([4]);
  });
});

describe('pointer', () => {
  it('a click opens a version, a click on the checkbox marks it', () => {
    lines()[2]?.click();
    lines()[2]?.querySelector('input')?.click();
    expect(events.open).toHaveBeenCalledExactlyOnceWith(ROWS[2]);
    expect(events.mark).toHaveBeenCalledExactlyOnceWith(ROWS[2]);
  });
});

describe('headings', () => {
  const heading = (by: string): HTMLButtonElement =>
    table.element.querySelector(`[data-by="${by}"]`) as HTMLButtonElement;

  /** The order that the last press asks for after the order `sort`. */
  const asked = (sort: string): string[] =>
    events.sort.mock.calls.map(([next]: Array<(sort: string) => string>) => next?.(sort) ?? '');

  it('show the order and change it to the natural one, then to the other', () => {
    expect(heading('time').closest('th')?.getAttribute('aria-sort')).toBe('descending');
    heading('metrics.auc').click();
    heading('time').click();
    heading('name').click();
    expect(asked('-time')).toEqual(['-metrics.auc', 'time', 'name']);
    expect(asked('-metrics.auc')).toEqual(['metrics.auc', '-time', 'name']);
  });

  it('metrics with small good values sort in ascending order first', () => {
    table.draw(state(ROWS, { metrics: ['log_loss'] }));
    heading('metrics.log_loss').click();
    expect(asked('-time')).toEqual(['metrics.log_loss']);
  });

  it('keep the focus when they are drawn again', () => {
    heading('name').focus();
    table.draw(state(ROWS, { page: page(ROWS, { sort: 'name' }) }));
    expect((document.activeElement as HTMLElement).dataset['by']).toBe('name');
  });
});

describe('cells', () => {
  it('of every version show the main metric of each model if models have different metrics', () => {
    const rows = [
      row('a', 2, { metrics: [['auc', 0.9]] }),
      row('b', 1, { metrics: [['rmse', 3.2]] }),
      row('c', 1, { metrics: [] }),
    ];
    const models = { a: { mainMetric: 'auc', stages: [] }, b: { mainMetric: 'rmse', stages: [] } };
    const kinds = (rowsOf: readonly Row[]): (string | undefined)[] => {
      table.draw(state(rowsOf, { page: page(rowsOf, { models }), every: true }));
      return [...table.element.querySelectorAll('tbody tr')].map(
        (line) => line.querySelector('.nbm-cell-main, .nbm-cell-metric')?.textContent ?? undefined,
      );
    };
    expect(kinds(rows)).toEqual(['0.9 auc', '3.2 rmse', '']);
    // One model, or models with the same metrics, have a column for each metric.
    expect(kinds(rows.slice(0, 1))).toEqual(['0.9']);
    const alike = row('b', 1, { metrics: [['auc', 0.8]] });
    expect(kinds([rows[0]!, alike, rows[2]!])).toEqual(['0.9', '0.8', '']);
  });

  it('of the main metric come before those of other metrics', () => {
    const rows = [
      row('a', 1, {
        metrics: [
          ['log_loss', 0.3],
          ['auc', 0.9],
        ],
      }),
    ];
    const models = { a: { mainMetric: 'log_loss', stages: [] } };
    table.draw(
      state(rows, { page: page(rows, { models }), every: true, metrics: ['auc', 'log_loss'] }),
    );
    const metrics = table.element.querySelectorAll('tbody .nbm-cell-metric');
    expect([...metrics].map(({ textContent }) => textContent)).toEqual(['0.3', '0.9']);
  });

  it('show hostile text as text', () => {
    table.draw(
      state(
        [
          row('churn', 1, {
            message: HOSTILE,
            author: HOSTILE,
            stages: [HOSTILE],
            metrics: [[HOSTILE, 1]],
          }),
        ],
        {
          metrics: [HOSTILE],
        },
      ),
    );
    expect(table.element.querySelector('img, script')).toBeNull();
    expect(table.element.textContent).toContain(HOSTILE);
  });

  it('name the versions that hold the other stages of a model', () => {
    const rows = [row('a', 4, { stages: ['dev'] })];
    const held = { stage: 'prod', ref: 'a@2', commit: 'c2', value: 0.8 };
    const own = { stage: 'dev', ref: 'a@4', commit: rows[0]!.commit, value: 0.9 };
    const models = { a: { mainMetric: 'auc', stages: [own, held] } };
    const labels = (): string[] =>
      [...table.element.querySelectorAll<HTMLElement>('tbody .nbm-chip')].map(
        (chip) => `${chip.textContent} (${chip.title})`,
      );
    table.draw(state(rows, { page: page(rows, { models }) }));
    expect(labels()).toEqual(['prod@2 (Stage prod: a@2, auc 0.8)', 'dev (Stage dev)']);
    table.draw(state(rows, { page: page(rows, { models }), every: true }));
    expect(labels()).toEqual(['dev (Stage dev)']);
  });

  it('name the branch of a held version, and count the chips without room', () => {
    const rows = [row('a', 4, { stages: ['own', 'dev'] })];
    const held = { stage: 'staging', ref: 'a:exp@3', commit: 'c3', value: null };
    const models = { a: { mainMetric: '', stages: [held] } };
    table.draw(state(rows, { page: page(rows, { models }) }));
    const cell = table.element.querySelector('tbody .nbm-cell-labels')!;
    expect(cell.textContent).toBe('staging:exp@3dev+1');
    const more = cell.querySelector<HTMLElement>('.nbm-more-chips')!;
    expect(more.dataset['narrow']).toBe('+2');
  });

  it('mark a purged version before its labels', () => {
    const rows = [row('a', 4, { purged: true, stages: ['dev'] }), row('a', 3)];
    table.draw(state(rows));
    const cells = [...table.element.querySelectorAll('tbody .nbm-cell-labels')];
    expect(cells.map((cell) => cell.textContent)).toEqual(['purgeddev', '']);
    const { title } = cells[0]!.querySelector<HTMLElement>('.nbm-purged')!;
    expect(title).toBe('Purged: its arrays were removed for good');
  });

  it('cut the name of a model, not the number of its version', () => {
    const rows = [row('a-long-name', 12)];
    table.draw(state(rows));
    const cell = table.element.querySelector('tbody .nbm-cell-version')!;
    expect([...cell.childNodes].map((node) => node.textContent)).toEqual(['a-long-name', '@12']);
    expect(cell.getAttribute('aria-label')).toBe('a-long-name@12');
  });

  it('mark no best value of a metric whose direction is unknown', () => {
    table.draw(state([row('a', 1), row('a', 2)], { directions: {} }));
    expect(table.element.querySelectorAll('.nbm-best')).toHaveLength(0);
    expect(table.hasBest).toBe(false);
  });

  it('say in a heading whether higher or lower is better', () => {
    const heads = columnsOf({
      registry: registry({
        metrics: ['auc', 'log_loss', 'own'],
        metricDirections: { auc: 'higher', log_loss: 'lower' },
      }),
      page: null,
      every: true,
      healths: null,
      sharing: null,
    });
    table.draw(state(ROWS, { columns: heads }));
    const titles = [...table.element.querySelectorAll<HTMLElement>('th.nbm-cell-metric')].map(
      ({ title }) => title,
    );
    expect(titles).toEqual([
      'auc\nHigher is better. The best value of each model on this page is bold.',
      'log_loss\nLower is better. The best value of each model on this page is bold.',
      'own\nIt is not known whether higher or lower is better.',
    ]);
  });

  it('mark the best value of each model', () => {
    const rows = [row('a', 1), row('a', 2), row('b', 9)];
    table.draw(state(rows));
    const best = [...table.element.querySelectorAll('.nbm-best')].map((cell) => cell.textContent);
    expect(best).toEqual(['0.82']);
    expect(table.hasBest).toBe(true);
  });

  it('show NaN and infinities', () => {
    table.draw(state([row('a', 1, { metrics: [['auc', 'NaN']] }), row('a', 2)]));
    expect(lines()[0]?.querySelector('.nbm-cell-metric')?.textContent).toBe('NaN');
  });

  it('have placeholders before there are rows', () => {
    table.draw(state([], { page: null }));
    expect(lines().length).toBeGreaterThan(5);
  });
});

it('show the range of the rows', () => {
  expect(rangeOf(page(ROWS, { total: 10_000, totalIsLowerBound: true }))).toBe('1–30 of 10,000+');
  expect(rangeOf(page([]))).toBe('0–0 of 0');
});
