/** The table and the legend of the heat map, drawn from its matrix. */

import { h, type Child } from '../ui/dom';
import { number } from '../data/numbers';
import { seriesColor } from '../charts/theme';
import { STEPS, type DriftMatrix, type DriftCell } from './driftMatrix';
import { windowName, windowShort } from './timeFormat';
import { trans } from '../translation';

/** Pixels of the label of a window. */
const LABEL_WIDTH = 72;

export interface HeatMapState {
  matrix: DriftMatrix;
  width: number;
  allColumns: boolean;
  /** The cell whose distribution is shown. */
  openCell: { column: string; time: number } | null;
  /** Keys of versions and stages in the order of their colors, each with its name. */
  subjects: ReadonlyMap<string, string>;
  /** Pixels before the first cell, as in the chart above. */
  labelWidth: number;
  /** Of all cells of a row, in pixels. */
  cellsWidth: number;
}

/** Whether a cell has the window that begins at `time`. */
export const hasWindow = (matrix: DriftMatrix, at: number, width: number, time: number): boolean =>
  time >= matrix.times[at]! && time < matrix.times[at]! + matrix.spans[at]! * width;

/** The grid; `data-at` of a cell is its row and column, and column 0 has the names. */
export function heatTable(state: HeatMapState, rows: DriftMatrix['rows']): HTMLElement {
  const { matrix, width, openCell } = state;
  const words = matrix.times.map((_, at) => cellWindow(matrix, at, width));
  const label = trans.__('Drift by %1: columns by %2 windows', matrix.measure, words.length);
  const body = rows.map(({ column, cells }, row) =>
    h(
      'tr',
      { role: 'row' },
      h(
        'th',
        {
          role: 'rowheader',
          scope: 'row',
          'data-at': `${row} 0`,
          tabindex: -1,
          title: trans.__('Drift of %1 over time', column),
        },
        h('span', { class: 'nbm-clip' }, column),
      ),
      cells.map((cell, at) =>
        h('td', {
          role: 'gridcell',
          class: cell
            ? `nbm-heat-${cell.level}${cell.drifted ? ' nbm-heat-drifted' : ''}`
            : 'nbm-heat-none',
          tabindex: -1,
          'data-at': `${row} ${at + 1}`,
          'aria-label': cellWords(column, words[at]!, cell, matrix),
          'aria-selected':
            openCell?.column === column && hasWindow(matrix, at, width, openCell.time),
        }),
      ),
    ),
  );
  // A cell is as wide as its windows, so that the time axis is that of the chart above.
  const columns = matrix.spans.map((span) => `minmax(0, ${span}fr)`).join(' ');
  return h(
    'table',
    {
      class: 'nbm-heat-table',
      role: 'grid',
      'aria-label': label,
      style: { '--nbm-columns': `${state.labelWidth}px ${columns}` },
    },
    h(
      'thead',
      null,
      h('tr', { role: 'row' }, heads(state)),
      h('tr', { role: 'row', class: 'nbm-heat-served' }, servedRow(state)),
    ),
    h('tbody', null, body),
  );
}

/** The name of the window of a cell; of several windows, the first and the last. */
function cellWindow({ times, spans }: DriftMatrix, at: number, width: number): string {
  const [time, span] = [times[at]!, spans[at]!];
  const first = windowName(time, width);
  return span > 1
    ? trans.__('%1 to %2', first, windowName(time + (span - 1) * width, width))
    : first;
}

/** The version that answered in each window; neighbors of one version are one cell. */
function servedRow({ matrix, width, subjects }: HeatMapState): Child {
  const runs: Array<{ key: string | null; from: number; to: number }> = [];
  matrix.served.forEach((key, at) => {
    const last = runs.at(-1);
    if (last?.key === key) {
      last.to = at;
    } else {
      runs.push({ key, from: at, to: at });
    }
  });
  const keys = [...subjects.keys()];
  return [
    h('th', { role: 'rowheader', scope: 'row' }, trans.__('as served')),
    runs.map(({ key, from, to }) => {
      const name = key === null ? trans.__('no rows') : (subjects.get(key) ?? '');
      const [first, last] = [cellWindow(matrix, from, width), cellWindow(matrix, to, width)];
      const words = trans.__('%1: %2', first === last ? first : `${first} – ${last}`, name);
      const color = key === null ? null : seriesColor(keys.indexOf(key));
      return h(
        'td',
        {
          role: 'gridcell',
          class: key === null ? 'nbm-heat-none' : null,
          title: words,
          'aria-label': words,
          style: {
            'grid-column': `span ${to - from + 1}`,
            ...(color && { '--nbm-served': color }),
          },
        },
        h('span', { class: 'nbm-clip', 'aria-hidden': true }, key === null ? '' : name),
      );
    }),
  ];
}

/** Column headings, each for several windows, because labels for all would not fit. */
function heads({ matrix: { times }, width, cellsWidth }: HeatMapState): Child {
  const step = Math.ceil(times.length / Math.max(1, Math.floor(cellsWidth / LABEL_WIDTH)));
  const starts = times.filter((_, at) => at % step === 0);
  return [
    h(
      'th',
      { role: 'columnheader', scope: 'col' },
      h('span', { class: 'nbm-hidden' }, trans.__('column')),
    ),
    starts.map((time, index) =>
      h(
        'th',
        {
          role: 'columnheader',
          scope: 'colgroup',
          style: { 'grid-column': `span ${Math.min(step, times.length - index * step)}` },
          title: windowName(time, width),
        },
        h('span', null, windowShort(time, width)),
      ),
    ),
  ];
}

function cellWords(
  column: string,
  window: string,
  cell: DriftCell | null,
  heat: DriftMatrix,
): string {
  if (!cell) {
    return trans.__('%1, %2: not evaluated', column, window);
  }
  const verdict = cell.drifted
    ? trans.__('drift')
    : cell.value > heat.threshold
      ? trans.__('above the threshold, may be chance')
      : trans.__('no drift');
  const value = number(cell.value);
  return trans.__('%1, %2: %3 %4, %5', column, window, heat.measure, value, verdict);
}

/** The colors with the values at which they begin, and the threshold. */
export function heatLegend({ threshold, spans }: DriftMatrix): Child {
  const words = ['0', ...STEPS.map((step) => number(step * threshold))];
  return [
    h(
      'span',
      {
        class: 'nbm-heat-scale',
        role: 'img',
        'aria-label': trans.__('Scale: the threshold is %1', number(threshold)),
      },
      words.map((word, level) =>
        h(
          'span',
          { class: STEPS[level - 1] === 1 ? 'nbm-heat-limit' : null },
          h('i', { class: `nbm-heat-${level}` }),
          word,
        ),
      ),
    ),
    h('span', null, trans.__('threshold %1', number(threshold))),
    h(
      'span',
      null,
      h('i', { class: 'nbm-heat-sample nbm-heat-4 nbm-heat-drifted' }),
      trans.__('drift'),
    ),
    h('span', null, h('i', { class: 'nbm-heat-sample nbm-heat-none' }), trans.__('not evaluated')),
    spans[0]! > 1 && h('span', null, trans.__('each cell: the worst of %1 windows', spans[0]!)),
  ];
}
