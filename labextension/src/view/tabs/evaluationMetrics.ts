/** The metrics of an evaluation with their intervals, and how another version differs. */

import { h, type Child } from '../ui/dom';
import { number, real } from '../data/numbers';
import type { Evaluation, EvaluationComparison, EvaluationMetric } from '../data/evaluation';
import type { TabContext } from '../ui/tab';
import { trans } from '../translation';
import { chance, endsOf, intervalCell, scaleOf, signed, type Scale } from './evaluationNumbers';

/** Percent without the digits that a computer adds to 0.55 * 100. */
export const percent = (share: number): string => `${number(Number((share * 100).toFixed(6)))}%`;

/** A row for each metric; comparisons are further columns. */
export function metricsTable({ metrics, level }: Evaluation, context: TabContext): HTMLElement {
  const other = metrics.find(({ comparison }) => comparison)?.comparison?.other ?? null;
  const hasIntervals = metrics.some((metric) => endsOf(metric) !== '');
  const heading = (content: Child, isNumber = false): HTMLElement =>
    h('th', { scope: 'col', class: isNumber && 'nbm-num' }, content);
  return h(
    'div',
    { class: 'nbm-scroll', tabindex: 0 },
    h(
      'table',
      {
        class: `nbm-fact-table ${other === null ? '' : 'nbm-compared'}`,
        'aria-label': trans.__('Metrics of the evaluation'),
      },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          heading(trans.__('metric')),
          heading(trans.__('value'), true),
          hasIntervals && heading(trans.__('%1 interval', percent(level))),
          other !== null && [
            heading(compareLink(other, context)),
            heading(trans.__('p'), true),
            heading(trans.__('test')),
          ],
        ),
      ),
      h(
        'tbody',
        null,
        metrics.map((metric) =>
          line(metric, hasIntervals && scaleOf(comparable(metric, metrics)), other !== null),
        ),
      ),
    ),
  );
}

/** The heading of the differences; it opens the comparison with the other version. */
function compareLink(other: string, { compare, version }: TabContext): HTMLElement {
  return h(
    'button',
    {
      type: 'button',
      class: 'nbm-link',
      onclick: () => compare(other, version.row.ref),
      title: trans.__('Compare with %1', other),
    },
    trans.__('over %1', other),
  );
}

/** Whether a metric is a share of which more is better, such as accuracy. */
const isShare = ({ direction, value, high }: EvaluationMetric): boolean =>
  direction === 'higher' && real(high ?? value) <= 1;

/** The metrics with which one has a scale in common. */
const comparable = (
  metric: EvaluationMetric,
  metrics: readonly EvaluationMetric[],
): readonly EvaluationMetric[] => (isShare(metric) ? metrics.filter(isShare) : [metric]);

/** A row; `scale` is that of its interval, and false if the table has no intervals. */
function line(metric: EvaluationMetric, scale: Scale | false, isCompared: boolean): HTMLElement {
  const { name, value, comparison } = metric;
  return h(
    'tr',
    null,
    h('th', { scope: 'row', title: name }, h('span', { class: 'nbm-clip' }, name)),
    h('td', { class: 'nbm-num', title: String(value) }, number(value)),
    scale && h('td', null, intervalCell(metric, scale)),
    isCompared && comparisonCells(comparison),
  );
}

function comparisonCells(comparison: EvaluationComparison | null): Child {
  if (!comparison) {
    return [h('td'), h('td'), h('td')];
  }
  const { difference, low, high, p, test } = comparison;
  const ends = endsOf({ value: difference, low, high }, signed);
  return [
    h(
      'td',
      null,
      h('span', { class: 'nbm-evaluation-difference' }, signed(difference)),
      ends && h('span', { class: 'nbm-faint' }, ends),
    ),
    h('td', { class: 'nbm-num nbm-evaluation-p' }, chance(p)),
    h('td', { title: test }, h('span', { class: 'nbm-clip' }, test)),
  ];
}
