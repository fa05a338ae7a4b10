/** The section with the chart of a metric and its controls. */

import { liveChart, type LiveChart, type Paint } from '../charts/charts';
import { exportButtons } from '../charts/exports';
import { makeChooser, type Chooser } from '../ui/chooser';
import { h } from '../ui/dom';
import type { MonitorReport } from '../data/monitorReport';
import type { Selection } from './selection';
import { list, type Choice } from './controls';
import { AVERAGES, metricFigure } from './metricChart';
import { linesOf, metricsOf, defaultMetric } from './series';
import { Legend } from './legend';
import { metricTable } from './tables';
import { durationText } from './timeFormat';
import { metricAltText } from './altText';
import { trans } from '../translation';

const HEIGHT = 350;
const SPANS = [3, 7, 14, 28];

/** The chart of one metric, with its controls. */
export class MetricSection {
  readonly element: HTMLElement;
  private readonly metric: Choice;
  private readonly averages: Chooser;
  private readonly span: Choice;
  private readonly anomalies: Chooser;
  private readonly container = h('div');
  private readonly legend = new Legend();
  private detectors: readonly string[] = [];
  private chart: LiveChart | null = null;
  private drawn: MonitorReport | null = null;
  /** The metric that is drawn. */
  private shownMetric = '';
  private readonly whole = h('button', {
    type: 'button',
    class: 'nbm-button',
    hidden: true,
    onclick: () => this.set({ range: null }),
  });

  constructor(private readonly set: (change: Partial<Selection>) => void) {
    this.metric = list(trans.__('Metric'), (metric) => set({ metric }));
    this.averages = makeChooser({
      label: trans.__('Averages'),
      icon: 'average',
      legend: trans.__('Averages over the metric'),
      choose: (names) =>
        set({
          averages: AVERAGES.map(({ name }) => name).filter((name) => names.includes(name)),
        }),
    });
    this.span = list(trans.__('Windows in an average'), (span) => set({ span: Number(span) }));
    this.anomalies = makeChooser({
      label: trans.__('Anomalies'),
      icon: 'anomaly',
      legend: trans.__('Detectors whose anomalies are marked'),
      choose: (names) => set({ hidden: this.detectors.filter((name) => !names.includes(name)) }),
    });
    this.element = h(
      'section',
      { class: 'nbm-part', 'aria-label': trans.__('Metric over time') },
      h(
        'div',
        { class: 'nbm-part-line' },
        h('h3', null, trans.__('Over time')),
        this.metric.element,
        this.whole,
        h('span', { class: 'nbm-space' }),
        this.span.element,
        this.averages.element,
        this.anomalies.element,
        exportButtons({
          label: trans.__('the chart over time'),
          name: () => `${this.drawn?.model ?? ''}-${this.shownMetric}`,
          chart: () => this.chart,
          rows: () => (this.drawn ? metricTable(this.drawn, this.shownMetric) : []),
        }),
      ),
      this.legend.element,
      this.container,
    );
  }

  draw(report: MonitorReport, selection: Selection): void {
    const exists = linesOf(report, selection.metric).length > 0;
    const metric = exists ? selection.metric : defaultMetric(report);
    this.drawControls(report, selection, metric);
    this.drawn = report;
    this.shownMetric = metric;
    this.whole.textContent = trans.__('Show the whole time');
    this.whole.hidden = selection.range === null;
    const look = { ...selection, metric };
    const summary = metricAltText(report, look);
    const paint: Paint = (theme, width) => metricFigure(report, look, theme, width);
    this.legend.draw(report, look);
    if (this.chart) {
      this.chart.paint(paint, summary);
    } else {
      const label = trans.__('Metric and rows over time');
      const onRange = (range: Selection['range']): void => this.set({ range });
      this.chart = liveChart(paint, { height: HEIGHT, label, summary, onRange });
      this.container.append(this.chart.element);
    }
  }

  /** Scroll the section into view. */
  show(): void {
    this.element.scrollIntoView?.({ block: 'nearest' });
  }

  private drawControls(report: MonitorReport, selection: Selection, metric: string): void {
    const names = metricsOf(report);
    const all = names.includes(metric) || !metric ? names : [metric, ...names];
    this.metric.draw(
      all.length ? all.map((name) => [name, name]) : [['', trans.__('no metric yet')]],
      metric,
    );
    this.detectors = [...new Set(report.anomalies.map(({ detector }) => detector))];
    this.anomalies.draw(
      this.detectors.map((name) => ({ value: name, label: name })),
      this.detectors.filter((name) => !selection.hidden.includes(name)),
    );
    this.averages.draw(
      AVERAGES.map(({ name, title }) => ({ value: name, label: title() })),
      selection.averages,
    );
    const window = durationText(report.windowSeconds);
    this.span.draw(
      SPANS.map((many) => [String(many), trans.__('of %1 windows (%2)', many, window)]),
      String(selection.span),
    );
    this.span.element.hidden = selection.averages.length === 0;
  }
}
