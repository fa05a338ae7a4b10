/** A confusion matrix as a table: rows of each actual and predicted class. */

import { h } from '../ui/dom';
import { count } from '../data/format';
import { number, real } from '../data/numbers';
import type { EvaluationCurve } from '../data/evaluation';
import { trans } from '../translation';

const MAX_CLASSES = 50;
/** Percent of the accent color in the darkest cell, on which text can still be read. */
const DARKEST = 45;

/** Whether a curve has a cell for each two of its classes. */
export function isConfusion({ kind, series, names }: EvaluationCurve): boolean {
  const cells = series['cells']?.length ?? 0;
  return (
    kind === 'confusion' &&
    names.length > 0 &&
    names.length <= MAX_CLASSES &&
    cells === names.length ** 2
  );
}

/** The matrix; each cell is as dark as its share of the row. */
export function confusionTable({ series, names }: EvaluationCurve): HTMLElement {
  const cells = series['cells']!.map((cell) => (cell === null ? NaN : real(cell)));
  const name = (text: string): HTMLElement => h('span', { class: 'nbm-clip', title: text }, text);
  const line = (actual: string, place: number): HTMLElement => {
    const own = cells.slice(place * names.length, (place + 1) * names.length);
    const total = own.reduce((sum, cell) => sum + cell, 0);
    return h(
      'tr',
      null,
      h('th', { scope: 'row' }, name(actual)),
      own.map((cell) => cellOf(cell, total, actual)),
    );
  };
  return h(
    'div',
    { class: 'nbm-scroll', tabindex: 0 },
    h(
      'table',
      { class: 'nbm-fact-table nbm-confusion', 'aria-label': trans.__('Confusion matrix') },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, trans.__('actual, by predicted')),
          names.map((each) => h('th', { scope: 'col', class: 'nbm-num' }, name(each))),
        ),
      ),
      h('tbody', null, names.map(line)),
    ),
  );
}

function cellOf(cell: number, total: number, actual: string): HTMLElement {
  const share = total > 0 && Number.isFinite(cell) ? cell / total : 0;
  const title = trans.__('%1% of actual %2', number(Number((share * 100).toFixed(1))), actual);
  const text = Number.isInteger(cell) ? count(cell) : number(cell);
  const style = { '--nbm-share': `${Math.max(0, Math.min(1, share)) * DARKEST}%` };
  return h('td', { class: 'nbm-num', title, style }, text);
}
