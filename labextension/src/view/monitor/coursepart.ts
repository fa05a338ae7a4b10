/** The part with the chart of a metric: what is chosen for it, and the chart. */

import { liveChart, type LiveChart } from '../charts';
import { makeChooser } from '../chooser';
import { h } from '../dom';
import type { MonitorReport } from '../source';
import type { Choices } from './choices';
import { list } from './controls';
import { AVERAGES, course } from './course';
import { linesOf, metricsOf, preferred } from './lines';
import { lasting } from './times';
import { courseWords } from './words';

const HEIGHT = 350;
const SPANS = [3, 7, 14, 28];

export interface CoursePart {
  element: HTMLElement;
  draw(answer: MonitorReport, choices: Choices): void;
  /** Bring it into sight. */
  show(): void;
}

export function makeCourse(set: (change: Partial<Choices>) => void): CoursePart {
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

  function draw(answer: MonitorReport, choices: Choices): void {
    const chosen = linesOf(answer, choices.metric).length ? choices.metric : preferred(answer);
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
    const window = lasting(answer.windowSeconds);
    span.draw(
      SPANS.map((many) => [String(many), `of ${many} windows (${window})`]),
      String(choices.span),
    );
    span.element.hidden = choices.averages.length === 0;
    const look = { ...choices, metric: chosen };
    const words = courseWords(answer, look);
    if (chart) {
      chart.paint((theme) => course(answer, look, theme), words);
    } else {
      chart = liveChart((theme) => course(answer, look, theme), {
        height: HEIGHT,
        label: 'Metric and rows over time',
        summary: words,
      });
      room.append(chart.element);
    }
  }

  return { element, draw, show: () => element.scrollIntoView?.({ block: 'nearest' }) };
}
