/** The table and the legend of the heat map, drawn from its matrix. */

import { h, type Child } from '../ui/dom';
import { number } from '../data/numbers';
import { STEPS, type DriftMatrix, type DriftCell } from './driftMatrix';
import { windowName, windowShort } from './timeFormat';
import { trans } from '../translation';

/** Most labels of windows that fit. */
const MAX_LABELS = 8;

export interface HeatMapState {
  matrix: DriftMatrix;
  width: number;
  allColumns: boolean;
  /** The cell whose distribution is shown. */
  openCell: { column: string; time: number } | null;
}

/** The grid; `data-at` of a cell is its row and column, and column 0 has the names. */
export function heatTable(state: HeatMapState, rows: DriftMatrix['rows']): HTMLElement {
  const { matrix, width, openCell } = state;
  const words = matrix.times.map((time) => windowName(time, width));
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
          'aria-selected': openCell?.column === column && openCell.time === matrix.times[at],
        }),
      ),
    ),
  );
  return h(
    'div',
    { class: 'nbm-heat-scroll' },
    h(
      'table',
      {
        class: 'nbm-heat-table',
        role: 'grid',
        'aria-label': label,
        style: { '--nbm-windows': String(words.length) },
      },
      h('thead', null, h('tr', { role: 'row' }, heads(matrix.times, width))),
      h('tbody', null, body),
    ),
  );
}

/** Column headings, each for several windows, because labels for all would not fit. */
function heads(times: readonly number[], width: number): Child {
  const step = Math.ceil(times.length / MAX_LABELS);
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
          colspan: Math.min(step, times.length - index * step),
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
export function heatLegend({ threshold, omitted }: DriftMatrix): Child {
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
    omitted > 0 &&
      h('span', null, trans.__('%1 older windows are left out. Choose longer windows.', omitted)),
  ];
}
