/** The slices of an evaluation in a table that its headings sort. */

import { fill, h, icon, type Child } from '../ui/dom';
import { count } from '../data/format';
import { number, real } from '../data/numbers';
import type { Real } from '../data/answers';
import type { Evaluation, EvaluationSlice, SliceMetric } from '../data/evaluation';
import { list } from '../monitor/controls';
import { trans } from '../translation';
import { chance, intervalCell, scaleOf, signed, type Scale } from './evaluationNumbers';

/** The adjusted p below which a difference is worth a look. */
const NOTABLE = 0.05;

interface SliceColumn {
  name: string;
  title(metric: string): string;
  /** Reads what it sorts by; null is last in both directions. */
  value(slice: EvaluationSlice, metric: SliceMetric | undefined): number | string | null;
  /** Whether the first click sorts from the largest to the smallest. */
  isDescending: boolean;
}

const orNull = (value: Real | null | undefined): number | null =>
  value === null || value === undefined || Number.isNaN(real(value)) ? null : real(value);

const COLUMNS: readonly SliceColumn[] = [
  {
    name: 'slice',
    title: () => trans.__('slice'),
    value: ({ name }) => name,
    isDescending: false,
  },
  { name: 'rows', title: () => trans.__('rows'), value: ({ rows }) => rows, isDescending: true },
  {
    name: 'value',
    title: (metric) => metric,
    value: (_, metric) => orNull(metric?.value),
    isDescending: false,
  },
  {
    name: 'difference',
    title: () => trans.__('to the rest'),
    value: (_, metric) => orNull(metric?.difference),
    isDescending: false,
  },
  {
    name: 'p',
    title: () => trans.__('adjusted p'),
    value: (_, metric) => orNull(metric?.adjustedP),
    isDescending: false,
  },
];
/** Columns whose cells are numbers on the right. */
const NUMERIC = new Set(['rows', 'p']);

/** The table, and a list of the metrics if there are several. */
export function slicesPart(evaluation: Evaluation): HTMLElement {
  const names = metricNames(evaluation);
  const table = new SliceTable(evaluation, names[0] ?? '');
  const choice = list(trans.__('Metric of the slices'), (metric) => table.choose(metric));
  choice.draw(
    names.map((name) => [name, name]),
    names[0] ?? '',
  );
  const { slicesLeftOut } = evaluation;
  return h(
    'div',
    { class: 'nbm-evaluation-slices' },
    names.length > 1 && choice.element,
    h('div', { class: 'nbm-scroll', tabindex: 0 }, table.element),
    table.hint,
    slicesLeftOut > 0 &&
      h(
        'p',
        { class: 'nbm-faint' },
        trans.__('%1 more slices are left out.', count(slicesLeftOut)),
      ),
  );
}

/** The metrics that slices have, in the order of the evaluation. */
function metricNames({ metrics, slices }: Evaluation): string[] {
  const names = new Set(slices.flatMap((slice) => slice.metrics.map(({ name }) => name)));
  return metrics.map(({ name }) => name).filter((name) => names.has(name));
}

class SliceTable {
  private by = 'value';
  private isDescending: boolean;
  private readonly headings: ReadonlyMap<string, HTMLElement>;
  private readonly body = h('tbody');
  /** What bold rows are. */
  readonly hint = h(
    'p',
    { class: 'nbm-faint' },
    trans.__('Bold: an adjusted p below %1. Chance alone rarely makes such a difference.', NOTABLE),
  );
  readonly element: HTMLElement;

  constructor(
    private readonly evaluation: Evaluation,
    private metric: string,
  ) {
    this.isDescending = this.isNaturallyDescending('value');
    this.headings = new Map(COLUMNS.map(({ name }) => [name, this.heading(name)]));
    this.element = h(
      'table',
      { class: 'nbm-fact-table nbm-slice-table', 'aria-label': trans.__('Slices') },
      h('thead', null, h('tr', null, [...this.headings.values()])),
      this.body,
    );
    this.draw();
  }

  choose(metric: string): void {
    this.metric = metric;
    this.isDescending =
      this.by === 'value' ? this.isNaturallyDescending('value') : this.isDescending;
    this.draw();
  }

  private sort(name: string): void {
    this.isDescending = name === this.by ? !this.isDescending : this.isNaturallyDescending(name);
    this.by = name;
    this.draw();
  }

  /** Whether the worst, the most or the most notable slices are first in this direction. */
  private isNaturallyDescending(name: string): boolean {
    const { direction } = this.evaluation.metrics.find((each) => each.name === this.metric) ?? {};
    return name === 'value' || name === 'difference'
      ? direction === 'lower'
      : COLUMNS.find((column) => column.name === name)!.isDescending;
  }

  /** A heading stays while the rows change, because its button may have the focus. */
  private heading(name: string): HTMLElement {
    return h(
      'th',
      { scope: 'col', class: NUMERIC.has(name) && 'nbm-num' },
      h('button', {
        type: 'button',
        class: 'nbm-slice-heading',
        onclick: () => this.sort(name),
      }),
    );
  }

  private draw(): void {
    for (const { name, title } of COLUMNS) {
      const heading = this.headings.get(name)!;
      const isChosen = name === this.by;
      const order = this.isDescending ? 'descending' : 'ascending';
      heading.setAttribute('aria-sort', isChosen ? order : 'none');
      fill(
        heading.firstElementChild!,
        h('span', { class: 'nbm-clip' }, title(this.metric)),
        icon(isChosen && !this.isDescending ? 'up' : 'down'),
      );
    }
    const { slices } = this.evaluation;
    const metrics = slices.flatMap((slice) => metricOf(slice, this.metric) ?? []);
    this.hint.hidden = !metrics.some(notable);
    const scale = scaleOf(metrics);
    fill(
      this.body,
      sorted(slices, this.by, this.metric, this.isDescending).map((slice) =>
        line(slice, this.metric, scale),
      ),
    );
  }
}

const metricOf = ({ metrics }: EvaluationSlice, metric: string): SliceMetric | undefined =>
  metrics.find(({ name }) => name === metric);

const notable = ({ adjustedP }: SliceMetric): boolean =>
  adjustedP !== null && real(adjustedP) < NOTABLE;

/** The slices in an order; those that are not judged come last in both directions. */
function sorted(
  slices: readonly EvaluationSlice[],
  by: string,
  metric: string,
  isDescending: boolean,
): EvaluationSlice[] {
  const { value } = COLUMNS.find(({ name }) => name === by)!;
  const sign = isDescending ? -1 : 1;
  const keys = new Map(slices.map((slice) => [slice, value(slice, metricOf(slice, metric))]));
  return [...slices].sort((a, b) => {
    const [one, other] = [keys.get(a) ?? null, keys.get(b) ?? null];
    return (
      Number(!metricOf(a, metric)) - Number(!metricOf(b, metric)) ||
      Number(one === null) - Number(other === null) ||
      sign * compared(one, other)
    );
  });
}

function compared(one: number | string | null, other: number | string | null): number {
  return typeof one === 'string' && typeof other === 'string'
    ? one.localeCompare(other, 'en', { numeric: true })
    : Number(one) - Number(other) || 0;
}

function line(slice: EvaluationSlice, metric: string, scale: Scale): HTMLElement {
  const { name, rows, reason } = slice;
  const estimate = metricOf(slice, metric);
  return h(
    'tr',
    { class: estimate && notable(estimate) && 'nbm-slice-notable' },
    h('th', { scope: 'row', title: name }, h('span', { class: 'nbm-clip' }, name)),
    h('td', { class: 'nbm-num' }, count(rows)),
    estimate
      ? estimateCells(estimate, scale)
      : h('td', { class: 'nbm-faint', colspan: 3 }, unjudged(reason)),
  );
}

const unjudged = (reason: string): string =>
  reason ? trans.__('not judged: %1', reason) : trans.__('not judged');

function estimateCells(estimate: SliceMetric, scale: Scale): Child {
  const { value, difference, adjustedP } = estimate;
  return [
    h(
      'td',
      null,
      h(
        'span',
        { class: 'nbm-slice-value' },
        h('span', { title: String(value) }, number(value)),
        intervalCell(estimate, scale),
      ),
    ),
    h('td', null, signed(difference)),
    h('td', { class: 'nbm-num nbm-evaluation-p' }, chance(adjustedP)),
  ];
}
