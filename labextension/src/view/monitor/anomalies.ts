/** Anomalies as text: window, metric, value, version, detector and reason. */

import { fill, h } from '../ui/dom';
import { count } from '../data/format';
import { number } from '../data/numbers';
import type { Anomaly, MonitorReport } from '../data/monitorReport';
import type { Selection } from './selection';
import { nameOf } from './series';
import { windowName } from './timeFormat';
import { trans } from '../translation';

/** Most anomalies that are listed, newest first; the others are only counted. */
const MAX_LISTED = 50;

export interface Anomalies {
  element: HTMLElement;
  draw(answer: MonitorReport, choices: Selection): void;
}

/** A collapsed list; `follow` shows the series of a metric. */
export function makeAnomalies(follow: (metric: string) => void): Anomalies {
  const summary = h('summary');
  const body = h('tbody');
  const rest = h('p', { class: 'nbm-faint' });
  const headings = [
    trans.__('window'),
    trans.__('metric'),
    trans.__('value'),
    trans.__('version'),
    trans.__('detector'),
    trans.__('reason'),
  ];
  const table = h(
    'table',
    { class: 'nbm-fact-table', 'aria-label': trans.__('Anomalies') },
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        headings.map((heading) => h('th', { scope: 'col' }, heading)),
      ),
    ),
    body,
  );
  const scroll = h('div', { class: 'nbm-scroll', tabindex: 0 }, table);
  const element = h('details', { class: 'nbm-anomalies' }, summary, scroll, rest);

  function draw({ anomalies, windowSeconds }: MonitorReport, { hidden }: Selection): void {
    const visible = anomalies
      .filter(({ detector }) => !hidden.includes(detector))
      .sort((a, b) => b.time - a.time);
    element.hidden = visible.length === 0;
    const total = count(visible.length);
    summary.textContent = trans._n('%2 anomaly', '%2 anomalies', visible.length, total);
    fill(
      body,
      visible.slice(0, MAX_LISTED).map((each) => line(each, windowSeconds)),
    );
    rest.textContent =
      visible.length > MAX_LISTED ? trans.__('The newest %1 are listed.', MAX_LISTED) : '';
  }

  function line(each: Anomaly, width: number): HTMLElement {
    const cell = (words: string): HTMLElement =>
      h('td', { title: words.length > 40 && words }, h('span', { class: 'nbm-clip' }, words));
    const act = (): void => follow(each.metric);
    return h(
      'tr',
      null,
      h('th', { scope: 'row' }, windowName(each.time, width)),
      h('td', null, h('button', { type: 'button', class: 'nbm-link', onclick: act }, each.metric)),
      h('td', { class: 'nbm-num' }, number(each.value)),
      [nameOf(each), each.detector, each.reason].map(cell),
    );
  }

  return { element, draw };
}
