/** The part with the chart of a metric: what is chosen for it, and the chart. */

import { liveChart, type LiveChart } from '../charts/charts';
import { makeChooser } from '../ui/chooser';
import { h } from '../ui/dom';
import type { MonitorReport } from '../data/source';
import type { Selection } from './selection';
import { list } from './controls';
import { AVERAGES, metricFigure } from './metricChart';
import { linesOf, metricsOf, defaultMetric } from './series';
import { durationText } from './timeFormat';
import { metricAltText } from './altText';

const HEIGHT = 350;
const SPANS = [3, 7, 14, 28];

export interface MetricSection {
  element: HTMLElement;
  draw(answer: MonitorReport, choices: Selection): void;
  /** Bring it into sight. */
  show(): void;
}

export function makeMetricSection(set: (change: Partial<Selection>) => void): MetricSection {
  let detectors: readonly string[] = [];
  const metric = list('Metric', (name) => set({ metric: name }));
  const averages = makeChooser({
    label: 'Averages',
    icon: 'average',
    legend: 'Averages over the metric',
    choose: (titles) =>
      set({
        averages: AVERAGES.filter(({ title }) => titles.includes(title)).map(({ name }) => name),
      }),
  });
  const span = list('Windows that averages go over', (value) => set({ span: Number(value) }));
  const anomalies = makeChooser({
    label: 'Anomalies',
    icon: 'anomaly',
    legend: 'Detectors whose anomalies are marked',
    choose: (names) => set({ hidden: detectors.filter((name) => !names.includes(name)) }),
  });
  const room = h('div');
  let chart: LiveChart | null = null;
  const element = h(
    'section',
    { class: 'nbm-part', 'aria-label': 'Course' },
    h(
      'div',
      { class: 'nbm-part-line' },
      h('h3', null, 'Over time'),
      metric.element,
      h('span', { class: 'nbm-space' }),
      span.element,
      averages.element,
      anomalies.element,
    ),
    room,
  );

  function draw(answer: MonitorReport, choices: Selection): void {
    const chosen = linesOf(answer, choices.metric).length ? choices.metric : defaultMetric(answer);
    const names = metricsOf(answer);
    const known = names.includes(chosen) || !chosen ? names : [chosen, ...names];
    metric.draw(known.length ? known.map((name) => [name, name]) : [['', 'no metric yet']], chosen);
    detectors = [...new Set(answer.anomalies.map(({ detector }) => detector))];
    anomalies.draw(
      detectors,
      detectors.filter((name) => !choices.hidden.includes(name)),
    );
    averages.draw(
      AVERAGES.map(({ title }) => title),
      AVERAGES.filter(({ name }) => choices.averages.includes(name)).map(({ title }) => title),
    );
    const window = durationText(answer.windowSeconds);
    span.draw(
      SPANS.map((many) => [String(many), `of ${many} windows (${window})`]),
      String(choices.span),
    );
    span.element.hidden = choices.averages.length === 0;
    const look = { ...choices, metric: chosen };
    const words = metricAltText(answer, look);
    if (chart) {
      chart.paint((theme) => metricFigure(answer, look, theme), words);
    } else {
      chart = liveChart((theme) => metricFigure(answer, look, theme), {
        height: HEIGHT,
        label: 'Metric and rows over time',
        summary: words,
      });
      room.append(chart.element);
    }
  }

  return { element, draw, show: () => element.scrollIntoView?.({ block: 'nearest' }) };
}
