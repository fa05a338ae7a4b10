/** A slider for the threshold of a classifier: what precision and recall would be, without a kernel. */

import { fill, h } from '../ui/dom';
import { count } from '../data/format';
import { number, real } from '../data/numbers';
import type { EvaluationCurve } from '../data/evaluation';
import { trans } from '../translation';

/** The threshold that most classifiers use. */
const USUAL = 0.5;
const CELLS = ['true_positive', 'false_positive', 'true_negative', 'false_negative'] as const;

/** The rows on each side of a threshold. */
export type Cells = Readonly<Record<(typeof CELLS)[number], number>>;

/** Whether a curve has the cells of each of its thresholds. */
export function isThresholds({ kind, series }: EvaluationCurve): boolean {
  const amount = series['threshold']?.length ?? 0;
  return (
    kind === 'thresholds' && amount > 1 && CELLS.every((name) => series[name]?.length === amount)
  );
}

/** Metrics by their names; NaN if no row counts. */
export function ratesOf(cells: Cells): ReadonlyArray<readonly [name: string, value: number]> {
  const { true_positive: hits, false_positive: alarms } = cells;
  const { true_negative: rejected, false_negative: missed } = cells;
  const total = hits + alarms + rejected + missed;
  return [
    [trans.__('precision'), hits / (hits + alarms)],
    [trans.__('recall'), hits / (hits + missed)],
    [trans.__('F1'), (2 * hits) / (2 * hits + alarms + missed)],
    [trans.__('share positive'), (hits + alarms) / total],
  ];
}

let sliderCount = 0;

/** The slider and its numbers, which begin at the usual threshold. */
export function thresholdSlider({ series }: EvaluationCurve): HTMLElement {
  sliderCount += 1;
  const id = `nbm-threshold-${sliderCount}`;
  const thresholds = numbers(series['threshold']!);
  const cells = cellsOf(series);
  const value = h('b');
  const list = h('dl', { class: 'nbm-threshold-rates' });
  const slider = h('input', {
    type: 'range',
    id,
    min: 0,
    max: thresholds.length - 1,
    step: 1,
    value: startOf(thresholds),
  });
  const draw = (): void => {
    const place = Number(slider.value);
    const threshold = number(thresholds[place]!);
    const rates = ratesOf(cells[place]!).map(
      ([name, rate]) => [name, Number.isNaN(rate) ? '–' : number(rate)] as const,
    );
    value.textContent = threshold;
    const text = rates.map(([name, rate]) => `${name} ${rate}`).join(', ');
    slider.setAttribute('aria-valuetext', `${threshold}: ${text}`);
    fill(list, rates.map(pair), rowCounts(cells[place]!).map(pair));
  };
  slider.addEventListener('input', draw);
  draw();
  return h(
    'div',
    { class: 'nbm-threshold' },
    h('label', { for: id }, trans.__('Rows with this score or more are positive:'), ' ', value),
    slider,
    list,
  );
}

const pair = ([name, text]: readonly [string, string]): HTMLElement =>
  h('div', null, h('dt', null, name), h('dd', null, text));

function rowCounts(cells: Cells): Array<readonly [string, string]> {
  const write = (amount: number): string =>
    Number.isInteger(amount) ? count(amount) : number(amount);
  return [
    [trans.__('true positive'), write(cells.true_positive)],
    [trans.__('false positive'), write(cells.false_positive)],
    [trans.__('true negative'), write(cells.true_negative)],
    [trans.__('false negative'), write(cells.false_negative)],
  ];
}

const numbers = (values: EvaluationCurve['series'][string]): number[] =>
  values.map((value) => (value === null ? NaN : real(value)));

/** The cells of each threshold. */
function cellsOf(series: EvaluationCurve['series']): Cells[] {
  const columns = CELLS.map((name) => numbers(series[name]!));
  return columns[0]!.map(
    (_, place) =>
      Object.fromEntries(CELLS.map((name, index) => [name, columns[index]![place]!])) as Cells,
  );
}

/** The place of the usual threshold, or the middle of thresholds that are not probabilities. */
function startOf(thresholds: readonly number[]): number {
  const isOfShares = thresholds.every((each) => each >= 0 && each <= 1);
  const far = thresholds.map((each) => Math.abs(each - USUAL));
  return isOfShares ? far.indexOf(Math.min(...far)) : Math.floor(thresholds.length / 2);
}
