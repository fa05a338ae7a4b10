/** Metrics over the versions of a model, and of this version against its parent. */

import { staticChart } from '../charts/charts';
import { metricHistoryFigure } from '../charts/metricHistory';
import { h, notice, type Child } from '../ui/dom';
import { families, seriesOf, type Series } from '../charts/families';
import { delta, number } from '../data/numbers';
import { shortReference } from '../data/references';
import { sparkline } from '../charts/sparkline';
import type { History, Real, Row } from '../data/answers';
import { legendOf, type LegendEntry } from '../ui/legend';
import type { Tab, TabContext } from '../ui/tab';
import { trans } from '../translation';

/** Most metrics that are drawn; a table shows the others. */
const DRAWN = 16;
/** Versions in the sparkline beside a metric. */
const COURSE = 30;

export const metricsTab: Tab = {
  name: 'metrics',
  get title() {
    return trans.__('Metrics');
  },
  async draw(context) {
    const { row } = context.version;
    const history = await context.source.ask('history', { model: row.model });
    const series = ownFirst(seriesOf(history.versions.map((each) => each.metrics)), row);
    if (!series.length && !row.metrics.length) {
      return notice(
        'empty',
        trans.__('No metrics were recorded.'),
        trans.__('Commit with --metric NAME=NUMBER.'),
      );
    }
    return h(
      'div',
      { class: 'nbm-metrics' },
      history.versions.length > 1 && curves(series.slice(0, DRAWN), history, context),
      remarks(series.length, history),
      row.metrics.length > 0 && table(series, history, context),
    );
  },
};

/** The metrics of the open version first, then the others. */
function ownFirst(series: readonly Series[], row: Row): Series[] {
  const own = new Set(row.metrics.map(([name]) => name));
  return [
    ...series.filter(({ name }) => own.has(name)),
    ...series.filter(({ name }) => !own.has(name)),
  ];
}

function remarks(metrics: number, history: History): Child {
  const sentences = [
    metrics > DRAWN && history.versions.length > 1
      ? trans.__('%1 of %2 metrics are not drawn.', metrics - DRAWN, metrics)
      : '',
    history.hasMore ? trans.__('Older versions are left out.') : '',
  ].filter(Boolean);
  return sentences.length > 0 && h('p', { class: 'nbm-faint' }, sentences.join(' '));
}

function curves(series: readonly Series[], history: History, context: TabContext): HTMLElement {
  const groups = families(series);
  const chart = staticChart(
    (theme, width) =>
      metricHistoryFigure(groups, history, context.version.row.commit, theme, width),
    {
      height: 120 + Math.max(180, 130 * groups.length),
      label: trans.__('Metrics of %1 by version', context.version.row.model),
      summary: series.map((each) => summary(each, history.versions)).join('; '),
      onPick: (ref) => context.open(String(ref)),
    },
  );
  return h('div', null, legendOf(legendEntries(history, context.version.row)), chart);
}

/** What the marks of the curves mean, as far as these curves have them. */
function legendEntries({ versions, moves }: History, row: Row): LegendEntry[] {
  const entries: ReadonlyArray<readonly [boolean, string, string]> = [
    [
      versions.some(({ commit }) => commit === row.commit),
      'open',
      trans.__('ring: %1, which is open', row.ref),
    ],
    [
      new Set(versions.map(({ branch }) => branch)).size > 1,
      'branch',
      trans.__('dotted curve: another branch'),
    ],
    [
      versions.some(({ stages }) => stages.length > 0) || moves.length > 0,
      'stage',
      trans.__('vertical line: stage of the version, in brackets if it was lost'),
    ],
  ];
  return entries.flatMap(([on, sample, words]) => (on ? [{ sample, words }] : []));
}

function summary({ name, values }: Series, versions: readonly Row[]): string {
  const known = values.flatMap((value, index) => (Number.isNaN(value) ? [] : [index]));
  const [first, last] = [known.at(0), known.at(-1)];
  if (first === undefined || last === undefined) {
    return trans.__('%1: no number', name);
  }
  const end = (index: number): string =>
    trans.__('%1 in %2', number(values[index]!), versions[index]!.ref);
  return trans.__('%1: from %2 to %3', name, end(first), end(last));
}

function table(series: readonly Series[], history: History, context: TabContext): HTMLElement {
  const { row } = context.version;
  const parent = history.versions.find(({ commit }) => commit === row.parents[0]);
  const before = new Map(parent?.metrics);
  const line = history.versions.flatMap((each, index) =>
    each.branch === row.branch ? [index] : [],
  );
  const recent = line.slice(-COURSE);
  const short = (ref: string): string => shortReference(ref, row.model);
  const courseOf = new Map(series.map(({ name, values }) => [name, recent.map((i) => values[i]!)]));
  return h(
    'table',
    { class: 'nbm-metric-table', 'aria-label': trans.__('Metrics of %1', row.ref) },
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        h('th', { scope: 'col' }, trans.__('metric')),
        h('th', { scope: 'col', class: 'nbm-num', title: row.ref }, short(row.ref)),
        h('th', { scope: 'col', class: 'nbm-num' }, against(parent, context)),
        h('th', { scope: 'col' }, trans.__('trend')),
      ),
    ),
    h(
      'tbody',
      null,
      row.metrics.map(([name, value]) =>
        metric(name, value, before.get(name), courseOf.get(name) ?? []),
      ),
    ),
  );
}

function against(parent: Row | undefined, context: TabContext): Child {
  if (!parent) {
    return trans.__('change');
  }
  const compare = (): void => context.compare(parent.ref, context.version.row.ref);
  return h(
    'button',
    {
      type: 'button',
      class: 'nbm-link',
      onclick: compare,
      title: trans.__('Compare with %1', parent.ref),
    },
    trans.__('to %1', shortReference(parent.ref, context.version.row.model)),
  );
}

function metric(
  name: string,
  value: Real,
  before: Real | undefined,
  values: readonly number[],
): HTMLElement {
  const change = before === undefined ? '' : delta(before, value);
  return h(
    'tr',
    null,
    h('th', { scope: 'row', title: name }, h('span', { class: 'nbm-clip' }, name)),
    h('td', { class: 'nbm-num', title: String(value) }, number(value)),
    h(
      'td',
      { class: 'nbm-num' },
      change === '+0' ? h('span', { class: 'nbm-faint' }, '0') : change,
    ),
    h('td', null, values.length > 1 && sparkline(values, name)),
  );
}
