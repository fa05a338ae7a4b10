/** Marks on the chart: anomalies and stage moves. `readout` has their texts. */

import type { Data } from 'plotly.js';

import { real } from '../data/numbers';
import type { Anomaly, MonitorReport } from '../data/monitorReport';
import type { Theme } from '../charts/theme';
import { finite, keyOf, linesOf, middle, VOLUME } from './series';
import type { Mark } from './stageMarks';
import { plotTime } from './timeFormat';

/** The parts of a report that the chart shows. */
export interface ChartSelection {
  metric: string;
  /** Detectors whose anomalies are hidden. */
  hidden: readonly string[];
  averages: readonly string[];
  span: number;
  /** As in `Selection`. */
  range: readonly [number, number] | null;
}

/** Anomalies of the series in the chart. */
export function shownAnomalies(report: MonitorReport, look: ChartSelection): Anomaly[] {
  return report.anomalies.filter(
    ({ metric, detector }) =>
      (metric === look.metric || metric === VOLUME) && !look.hidden.includes(detector),
  );
}

/** Marks for the anomalies of the metric and of the volume. */
export function anomalyMarkers(report: MonitorReport, look: ChartSelection, theme: Theme): Data[] {
  const tops = new Map<number, number>();
  linesOf(report, VOLUME).forEach(({ times, values }) =>
    times.forEach((time, at) => tops.set(time, (tops.get(time) ?? 0) + (values[at] || 0))),
  );
  const marker = {
    symbol: 'circle-open',
    size: 12,
    color: theme.bad,
    line: { color: theme.bad, width: 2 },
  } as const;
  return [look.metric, VOLUME].map((metric): Data => {
    const places = atOnePlace(
      shownAnomalies(report, look).filter((each) => each.metric === metric),
    );
    const high = ([{ time, value }]: OnePlace): number =>
      metric === VOLUME ? (tops.get(time) ?? real(value)) : real(value);
    return {
      type: 'scatter',
      mode: 'markers',
      name: 'anomaly',
      showlegend: false,
      x: places.map(([{ time }]) => middle(time, report)),
      y: finite(places.map(high)),
      yaxis: metric === VOLUME ? 'y2' : 'y',
      hoverinfo: 'skip',
      marker,
      cliponaxis: false,
    };
  });
}

type OnePlace = readonly [Anomaly, ...Anomaly[]];

/** Join the anomalies that several detectors found at one point. */
function atOnePlace(anomalies: readonly Anomaly[]): OnePlace[] {
  const places = new Map<string, [Anomaly, ...Anomaly[]]>();
  for (const each of anomalies) {
    const place = `${keyOf(each)}\0${each.time}`;
    const there = places.get(place);
    if (there) {
      there.push(each);
    } else {
      places.set(place, [each]);
    }
  }
  return [...places.values()];
}

/** Wrap a text into at most four lines of about sixty characters. */
export function wrapped(text: string): string[] {
  const lines = text.slice(0, 240).match(/.{1,60}(?:\s|$)|.{60}/gs) ?? [];
  return lines.slice(0, 4).map((line) => line.trim());
}

/** Marks for stage moves. */
export function stageMarkers(marks: readonly Mark[], theme: Theme): Data {
  return {
    type: 'scatter',
    mode: 'markers',
    name: 'stages',
    showlegend: false,
    x: marks.map(({ time }) => plotTime(time)),
    y: marks.map(() => 1),
    yaxis: 'y3',
    hoverinfo: 'skip',
    marker: { symbol: 'triangle-down', size: 8, color: theme.accent },
    cliponaxis: false,
  };
}
