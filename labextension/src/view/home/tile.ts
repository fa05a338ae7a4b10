/** A tile: a stage that a version holds, with the answers to the questions people ask first. */

import { purgedChip, releaseChip, stageChip } from '../ui/chips';
import { sparkline } from '../charts/sparkline';
import { h, type Child } from '../ui/dom';
import { ago } from '../data/format';
import { dateTime, numbersApart, real } from '../data/numbers';
import { routeLink, type Navigation } from '../ui/routeLink';
import type { MetricChange, Tile } from '../data/answers';
import { trans } from '../translation';

/** The drawn tile, and the places that later answers fill. */
export interface TileView {
  element: HTMLElement;
  health: HTMLElement;
  traffic: HTMLElement;
  /** Makes a link to the monitor of the version; null if there is no monitor. */
  monitor: ((word: string) => HTMLElement) | null;
}

let made = 0;

/** `monitored` if the source can show the monitor of a version. */
export function drawTile(tile: Tile, navigation: Navigation, monitored: boolean): TileView {
  made += 1;
  const id = `nbm-tile-${made}`;
  const { row, stage } = tile;
  const health = h('p', { class: 'nbm-tile-health' });
  const traffic = h('dd', { class: 'nbm-tile-metric nbm-tile-traffic' });
  const route = { view: 'version', ref: row.ref, tab: '' } as const;
  const element = h(
    'article',
    { class: 'nbm-tile', 'aria-labelledby': id },
    h(
      'header',
      { class: 'nbm-tile-head' },
      h(
        'h3',
        { id },
        routeLink(navigation, route, { class: 'nbm-tile-link', title: row.ref }, row.ref),
      ),
      stageChip(stage),
      row.releases.map(releaseChip),
      row.purged && purgedChip(),
    ),
    health,
    h(
      'dl',
      { class: 'nbm-tile-facts' },
      fact(trans.__('Live since'), since(tile.since)),
      fact(
        tile.rolledBack ? trans.__('Rolled back by') : trans.__('Put live by'),
        h('dd', null, by(tile)),
      ),
      fact(
        trans.__('Reason'),
        h('dd', { class: 'nbm-tile-reason' }, tile.message || trans.__('no reason given')),
      ),
      tile.metric
        ? fact(
            tile.metric.name,
            h(
              'dd',
              { class: 'nbm-tile-metric' },
              h('span', null, metricText(tile.metric, tile.before)),
              h('span', { class: 'nbm-tile-line' }, metricLine(tile)),
            ),
          )
        : fact(trans.__('Metric'), h('dd', null, trans.__('The main metric was not recorded.'))),
      fact(trans.__('Traffic'), traffic),
    ),
  );
  const monitor = (word: string): HTMLElement =>
    routeLink(navigation, { ...route, tab: 'monitor' }, { class: 'nbm-tile-link' }, word);
  return { element, health, traffic, monitor: monitored ? monitor : null };
}

/** Who gave the stage; after a rollback also from which version. */
function by({ author, before, rolledBack }: Tile): string {
  const name = author || trans.__('unknown');
  return rolledBack && before ? trans.__('%1, from %2', name, before) : name;
}

/** The history of the main metric up to this version, beside its value. */
function metricLine({ metric, history }: Tile): Child {
  return metric && history.length > 1 && sparkline(history, metric.name);
}

/** A metric with its change: `0.91 better than churn@1 (0.89) at commit`. */
export function metricText(metric: MetricChange, before: string): Child {
  const [value = '', earlier = ''] = numbersApart(
    [metric.value, metric.before ?? metric.value].map(real),
  );
  return [h('b', { class: 'nbm-tile-value' }, value), change(metric, before, earlier)];
}

/** `earlier` is the value of the version before, as text. */
function change(metric: MetricChange, before: string, earlier: string): Child {
  if (!before) {
    return h('span', { class: 'nbm-tile-change' }, trans.__('first version in this stage'));
  }
  if (metric.before === null) {
    return h('span', { class: 'nbm-tile-change' }, trans.__('%1 does not have it', before));
  }
  return h(
    'span',
    { class: `nbm-tile-change nbm-tile-${metric.verdict || 'unknown'}` },
    arrow(metric),
    CHANGES[metric.verdict](before, earlier),
  );
}

function arrow({ value, before }: MetricChange): Child {
  const difference = real(value) - real(before ?? value);
  const sign = difference > 0 ? '▲ ' : difference < 0 ? '▼ ' : '';
  return sign && h('span', { 'aria-hidden': true }, sign);
}

const CHANGES: Readonly<
  Record<MetricChange['verdict'], (before: string, value: string) => string>
> = {
  better: (before, value) => trans.__('better than %1 (%2) at commit', before, value),
  worse: (before, value) => trans.__('worse than %1 (%2) at commit', before, value),
  same: (before, value) => trans.__('same as %1 (%2) at commit', before, value),
  '': (before, value) => trans.__('%1 had %2 at commit', before, value),
};

function since(time: number): HTMLElement {
  const passed = ago(time);
  return h(
    'dd',
    null,
    h('time', { datetime: new Date(time * 1000).toISOString() }, dateTime(time)),
    passed && ` (${passed})`,
  );
}

function fact(name: string, value: HTMLElement): Child {
  return h('div', { class: 'nbm-tile-fact' }, h('dt', { title: name }, name), value);
}
