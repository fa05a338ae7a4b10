/** The heat map of drift: a grid of cells with labels for screen readers and arrow keys. */

import { fill, h } from '../ui/dom';
import { leftMargin, RIGHT_MARGIN } from './axes';
import { joinCells } from './driftMatrix';
import { hasWindow, heatLegend, heatTable, type HeatMapState } from './heatMapTable';
import { trans } from '../translation';

/** Columns of the data that are shown at first. */
const INITIAL_COLUMNS = 12;
/** Pixels of the narrowest cell that can be seen and clicked. */
const MIN_CELL_WIDTH = 6;
/** The width before the element is on the page. */
const USUAL_WIDTH = 900;

export interface HeatMapEvents {
  /** Show the distribution of a column in a window; null if the source has no distributions. */
  open: ((column: string, time: number, subject: string) => void) | null;
  /** Show the series of a column. */
  follow(column: string): void;
  every(): void;
}

type At = readonly [row: number, column: number];

/** A grid of cells with one tab stop; the arrow keys move in it. */
export class HeatMap {
  readonly element: HTMLElement;
  private readonly container = h('div', { class: 'nbm-heat-container' });
  private readonly description = h('p', {
    class: 'nbm-heat-description nbm-faint',
    'aria-hidden': true,
  });
  private readonly more: HTMLElement;
  private readonly legend = h('div', { class: 'nbm-heat-legend' });
  /** What is drawn: cells of one or more windows. */
  private state: HeatMapState | null = null;
  private input: Omit<HeatMapState, 'labelWidth' | 'cellsWidth'> | null = null;
  private drawnWidth = 0;
  private grid: HTMLElement[][] = [];
  private stop: At = [0, 1];

  constructor(private readonly events: HeatMapEvents) {
    const { container } = this;
    this.more = h('button', {
      type: 'button',
      class: 'nbm-button nbm-more',
      onclick: () => events.every(),
    });
    this.element = h(
      'div',
      { class: events.open ? 'nbm-heat' : 'nbm-heat nbm-heat-closed' },
      this.legend,
      container,
      this.description,
      this.more,
    );
    container.addEventListener('click', (event) => this.onClick(event));
    container.addEventListener('keydown', (event) => this.onKey(event));
    container.addEventListener('pointerover', (event) => this.describe(event.target));
    container.addEventListener('pointerleave', () => this.describe(document.activeElement));
    new ResizeObserver(() => this.follow()).observe(container);
    container.addEventListener('focusin', (event) => this.describe(event.target));
  }

  draw(input: Omit<HeatMapState, 'labelWidth' | 'cellsWidth'>): void {
    this.input = input;
    const { container } = this;
    const width = container.clientWidth || USUAL_WIDTH;
    this.drawnWidth = width;
    const labelWidth = leftMargin(width);
    const cellsWidth = width - labelWidth - RIGHT_MARGIN;
    const matrix = joinCells(input.matrix, Math.floor(cellsWidth / MIN_CELL_WIDTH));
    const next = { ...input, matrix, labelWidth, cellsWidth };
    const focused = container.contains(document.activeElement);
    const before = this.state && cellOf(this.state, this.stop);
    this.state = next;
    const { allColumns } = next;
    const rows = allColumns ? matrix.rows : matrix.rows.slice(0, INITIAL_COLUMNS);
    fill(this.legend, heatLegend(matrix));
    const table = heatTable(next, rows);
    fill(container, table);
    this.grid = [...table.querySelectorAll('tbody tr')].map((row) => [
      ...row.querySelectorAll<HTMLElement>('[data-at]'),
    ]);
    this.stop = [0, 1];
    this.move((before && placeOf(next, before)) ?? [0, Math.max(0, matrix.times.length)], false);
    if (focused) {
      this.grid[this.stop[0]]?.[this.stop[1]]?.focus({ preventScroll: true });
    }
    this.more.hidden = allColumns || matrix.rows.length <= INITIAL_COLUMNS;
    this.more.textContent = trans.__('Show all %1 columns', matrix.rows.length);
    this.describe(document.activeElement);
  }

  /** Draw again in another width. */
  private follow(): void {
    const width = this.container.clientWidth;
    if (this.input && width > 0 && width !== this.drawnWidth) {
      this.draw(this.input);
    }
  }

  /** Return the focus to a cell. */
  focus(column: string, time: number): void {
    const place = this.state && placeOf(this.state, { column, time });
    if (place) {
      this.move(place, true);
    }
  }

  private onClick(event: Event): void {
    const place = at(event.target);
    if (place) {
      this.move(place, true);
      this.act(place);
    }
  }

  private onKey(event: KeyboardEvent): void {
    const { grid } = this;
    const place = at(event.target);
    const step = STEPS_OF[event.key];
    if (place && step) {
      event.preventDefault();
      const target = step(place, grid, event.ctrlKey);
      this.move([clamp(target[0], grid), clamp(target[1], grid[0]!)], true);
    } else if (place && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      this.act(place);
    }
  }

  private move([row, column]: At, focus: boolean): void {
    const next = this.grid[row]?.[column];
    if (next) {
      this.grid[this.stop[0]]?.[this.stop[1]]?.setAttribute('tabindex', '-1');
      next.tabIndex = 0;
      this.stop = [row, column];
      if (focus) {
        next.focus();
        next.scrollIntoView?.({ block: 'nearest', inline: 'nearest' });
      }
    }
  }

  private act([row, column]: At): void {
    const { state, events } = this;
    const line = state?.matrix.rows[row];
    if (line && column === 0) {
      events.follow(line.column);
    } else {
      const cell = line?.cells[column - 1];
      if (line && cell) {
        events.open?.(line.column, cell.time, cell.subject);
      }
    }
  }

  private help(): string {
    return this.events.open
      ? trans.__(
          'Click a cell for the values of the column then and now, or a name for its drift over time.',
        )
      : trans.__('Click a name for its drift over time.');
  }

  /** Show the label of a cell below the grid. */
  private describe(target: EventTarget | null): void {
    const cell = target instanceof Element ? target.closest('td[data-at]') : null;
    this.description.textContent = cell?.getAttribute('aria-label') ?? this.help();
  }
}

/** The position of an element; null if it is not a cell. */
function at(target: EventTarget | null): At | null {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-at]') : null;
  const [row, column] = (cell?.dataset['at'] ?? '').split(' ').map(Number);
  return cell ? [row!, column!] : null;
}

const clamp = (index: number, of: readonly unknown[]): number =>
  Math.min(Math.max(index, 0), of.length - 1);

type Step = (at: At, grid: readonly HTMLElement[][], far: boolean) => At;

const STEPS_OF: Readonly<Record<string, Step>> = {
  ArrowUp: ([row, column]) => [row - 1, column],
  ArrowDown: ([row, column]) => [row + 1, column],
  ArrowLeft: ([row, column]) => [row, column - 1],
  ArrowRight: ([row, column]) => [row, column + 1],
  Home: ([row], _, far) => [far ? 0 : row, 0],
  End: ([row], grid, far) => [far ? grid.length - 1 : row, Infinity],
};

/** The column and window of a position, which stay the same when the order changes. */
function cellOf({ matrix }: HeatMapState, [row, column]: At): { column: string; time: number } {
  return { column: matrix.rows[row]?.column ?? '', time: matrix.times[column - 1] ?? NaN };
}

function placeOf(
  { matrix, width }: HeatMapState,
  { column, time }: { column: string; time: number },
): At | null {
  const row = matrix.rows.findIndex((each) => each.column === column);
  const at = matrix.times.findIndex((_, index) => hasWindow(matrix, index, width, time));
  return row === -1 ? null : [row, at + 1];
}
