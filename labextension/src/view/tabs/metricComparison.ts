/** The metrics of compared versions: a verdict, a table with better and worse, and dots. */

import { metricDots } from '../charts/metricDots';
import { seriesOf, type Series } from '../charts/families';
import type { Direction, Version } from '../data/answers';
import { own } from '../data/own';
import { delta, numbersApart, real } from '../data/numbers';
import { trans } from '../translation';
import { h, type Child } from '../ui/dom';
import { opener, type CompareContext } from './compareParts';
import { section } from './facts';

/** Most metrics that are drawn; the table shows all. */
const MAX_CHARTS = 12;

export type Judgment = 'better' | 'worse' | 'same' | 'unknown';

/** What a change of a metric means, by the direction in which it is better. */
export function judge(before: number, after: number, direction: Direction | undefined): Judgment {
  if (before === after) {
    return 'same';
  }
  if (!direction || Number.isNaN(before) || Number.isNaN(after)) {
    return 'unknown';
  }
  return after > before === (direction === 'higher') ? 'better' : 'worse';
}

/** The parts of a comparison that are about metrics. */
export function metricParts(versions: readonly Version[], context: CompareContext): Child {
  const series = seriesOf(versions.map(({ row }) => row.metrics));
  if (!series.length) {
    return null;
  }
  return [
    section(
      trans.__('Metrics'),
      versions.length === 2 && verdict(series, context),
      table(series, versions, context),
    ),
    charts(series, versions),
  ];
}

/** The direction of a metric; names come from repositories, so only own keys count. */
function directionOf(name: string, { directions }: CompareContext): Direction | undefined {
  return own(directions, name);
}

function verdict(series: readonly Series[], context: CompareContext): HTMLElement {
  const judgments = series.map(({ name, values: [before = NaN, after = NaN] }) =>
    judge(before, after, directionOf(name, context)),
  );
  const names = (wanted: Judgment): string =>
    series
      .filter((_, index) => judgments[index] === wanted)
      .map(({ name }) => name)
      .join(', ');
  const phrases = [
    [trans.__('Better:'), 'nbm-better', names('better')],
    [trans.__('Worse:'), 'nbm-worse', names('worse')],
    [trans.__('Unchanged:'), '', names('same')],
    [trans.__('Not judged:'), '', names('unknown')],
  ] as const;
  return h(
    'p',
    { class: 'nbm-verdict' },
    phrases
      .filter(([, , text]) => text)
      .map(([word, css, text]) =>
        h('span', null, h('strong', { class: css || null }, word), ' ', text),
      ),
  );
}

function table(
  series: readonly Series[],
  versions: readonly Version[],
  context: CompareContext,
): HTMLElement {
  const pair = versions.length === 2;
  const heads = versions.map((version, index) =>
    h(
      'th',
      { scope: 'col', class: 'nbm-num' },
      swatch(index),
      opener(version.row.ref, context, shortOf(version.row.ref, versions)),
    ),
  );
  return h(
    'div',
    { class: 'nbm-scroll', tabindex: 0 },
    h(
      'table',
      { class: 'nbm-metric-table nbm-compare-metrics', 'aria-label': trans.__('metrics') },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, trans.__('metric')),
          heads,
          pair && h('th', { scope: 'col', class: 'nbm-num' }, trans.__('change')),
        ),
      ),
      h(
        'tbody',
        null,
        series.map((each) => line(each, versions, context)),
      ),
    ),
  );
}

/** The color of a version's dots. */
const swatch = (index: number): HTMLElement =>
  h('span', {
    class: 'nbm-swatch',
    'aria-hidden': true,
    style: { background: `var(--nbm-series-${(index % 8) + 1})` },
  });

function line(
  { name, values }: Series,
  versions: readonly Version[],
  context: CompareContext,
): HTMLElement {
  const direction = directionOf(name, context);
  const wish = wishOf(direction);
  const texts = numbersApart(values);
  const best = versions.length > 2 ? bestOf(values, direction) : NaN;
  const cells = versions.map(({ row }, index) => {
    const own = row.metrics.find(([each]) => each === name)?.[1];
    const isBest = values[index] === best;
    return h(
      'td',
      {
        class: `nbm-num${isBest ? ' nbm-best' : ''}`,
        title: own === undefined ? null : String(own),
      },
      own === undefined ? '' : texts[index],
      isBest && h('span', { class: 'nbm-hidden' }, ' ', trans.__('(best)')),
    );
  });
  const title = h('span', { class: 'nbm-clip' }, name);
  return h(
    'tr',
    null,
    h('th', { scope: 'row', title: name }, title, h('span', { class: 'nbm-faint' }, wish)),
    cells,
    versions.length === 2 && change(values, direction),
  );
}

function wishOf(direction: Direction | undefined): string {
  if (!direction) {
    return '';
  }
  return direction === 'higher' ? trans.__('higher is better') : trans.__('lower is better');
}

/** The best value; NaN if no direction is known or if all values are equal. */
function bestOf(values: readonly number[], direction: Direction | undefined): number {
  const known = values.filter((value) => !Number.isNaN(value));
  if (!direction || new Set(known).size < 2) {
    return NaN;
  }
  return direction === 'higher' ? Math.max(...known) : Math.min(...known);
}

const WORDS: Readonly<Record<Judgment, () => string>> = {
  better: () => trans.__('better'),
  worse: () => trans.__('worse'),
  same: () => '',
  unknown: () => '',
};

function change(
  [before = NaN, after = NaN]: readonly number[],
  direction?: Direction,
): HTMLElement {
  const judgment = judge(before, after, direction);
  const known = !Number.isNaN(before) && !Number.isNaN(after);
  return h(
    'td',
    { class: `nbm-num nbm-${judgment}` },
    !known ? '' : judgment === 'same' ? '0' : delta(real(before), real(after)),
    ' ',
    WORDS[judgment](),
  );
}

function charts(series: readonly Series[], versions: readonly Version[]): Child {
  const drawable = series.filter(({ values }) => values.some(Number.isFinite));
  if (!drawable.length) {
    return null;
  }
  const labels = versions.map(({ row }) => ({ ref: row.ref, short: shortOf(row.ref, versions) }));
  const left = drawable.length - MAX_CHARTS;
  const rest =
    left > 0 && trans._n('%1 more metric is not drawn.', '%1 more metrics are not drawn.', left);
  return section(
    trans.__('Metrics side by side'),
    metricDots(drawable.slice(0, MAX_CHARTS), labels),
    rest && h('p', { class: 'nbm-faint' }, rest),
  );
}

/** `@2` if all versions are of one line, else the whole reference. */
function shortOf(ref: string, versions: readonly Version[]): string {
  const line = ref.slice(0, ref.lastIndexOf('@'));
  return versions.every(({ row }) => row.ref.startsWith(`${line}@`)) ? ref.slice(line.length) : ref;
}
