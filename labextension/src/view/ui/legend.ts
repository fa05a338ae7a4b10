/** The key of a chart: a sample of each mark, and what it means in words. */

import { fill, h } from './dom';
import { trans } from '../translation';

export interface LegendEntry {
  /** The drawing of the sample; see `legend.css`. */
  sample: string;
  /** The shape and its meaning, so that the key needs no color: `circle: anomaly`. */
  words: string;
  style?: Record<string, string>;
}

/** An empty key; `fillLegend` fills it. */
export function makeLegend(): HTMLElement {
  return h('ul', { class: 'nbm-chart-legend', 'aria-label': trans.__('Legend') });
}

export function fillLegend(legend: HTMLElement, entries: readonly LegendEntry[]): void {
  fill(
    legend,
    entries.map(({ sample, words, style }) =>
      h('li', null, h('i', { class: `nbm-sample nbm-sample-${sample}`, style }), words),
    ),
  );
}

/** A key whose entries never change. */
export function legendOf(entries: readonly LegendEntry[]): HTMLElement {
  const legend = makeLegend();
  fillLegend(legend, entries);
  return legend;
}
