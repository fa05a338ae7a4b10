/** The lines of a chart: a metric of each version in each stage. */

import { real } from '../data/numbers';
import type { DriftSeries, MonitorReport } from '../data/monitorReport';
import { trans } from '../translation';
import { plotTime } from './timeFormat';

export const VOLUME = 'volume';

/** The subject of a series: a version, in a stage or outside of any. */
export interface Subject {
  version: string;
  stage: string;
}

export interface Line extends Subject {
  /** Beginnings of windows. */
  times: readonly number[];
  values: readonly number[];
}

/** The most informative metrics, in order of preference for the default. */
const PREFERRED_METRICS = [
  'roc_auc',
  'accuracy',
  'f1',
  'rmse',
  'mae',
  'r2',
  'log_loss',
  'p99',
  'latency_p99',
];

// The name of a version cannot contain NUL, because git refuses it.
export const keyOf = ({ version, stage }: Subject): string => `${version}\0${stage}`;

export const nameOf = ({ version, stage }: Subject): string =>
  stage ? trans.__('%1 in %2', version, stage) : version;

/** All versions and stages in the order of the log, which decides their colors. */
export function subjectsOf(report: MonitorReport): Subject[] {
  const all = [...report.loggedVersions, ...report.timeSeries, ...report.drift];
  const subjects = new Map(all.map((each) => [keyOf(each), each]));
  return [...subjects.values()].map(({ version, stage }) => ({ version, stage }));
}

/** Name of a drift series, such as `psi(age)`. */
export const driftMetric = ({ measure, column }: Pick<DriftSeries, 'measure' | 'column'>): string =>
  `${measure}(${column})`;

/** Metrics that can be drawn above the volume. */
export function metricsOf({ timeSeries }: MonitorReport): string[] {
  const names = [...new Set(timeSeries.map(({ metric }) => metric))];
  return names.filter((name) => name !== VOLUME);
}

/** The metric that is drawn until the user chooses one. */
export function defaultMetric(report: MonitorReport): string {
  const names = metricsOf(report);
  return PREFERRED_METRICS.find((name) => names.includes(name)) ?? names[0] ?? '';
}

/** The lines of a metric, which may be a drift measure of a column. */
export function linesOf(report: MonitorReport, metric: string): Line[] {
  const series = report.timeSeries.filter((each) => each.metric === metric);
  const matches = series.length
    ? series
    : report.drift.filter((drift) => driftMetric(drift) === metric);
  return matches.map(({ version, stage, times, values }) => ({
    version,
    stage,
    times,
    values: times.map((_, index) => real(values[index] ?? 'NaN')),
  }));
}

/** The threshold of a drift measure; null for another metric. */
export function thresholdOf(
  { driftMeasures, drift }: MonitorReport,
  metric: string,
): number | null {
  const match = drift.find((each) => driftMetric(each) === metric);
  return driftMeasures.find(({ name }) => name === match?.measure)?.threshold ?? null;
}

/** Add a gap where windows without a value are missing. */
export function withGaps(line: Line, width: number): Line {
  const times: number[] = [];
  const values: number[] = [];
  line.times.forEach((time, index) => {
    const before = line.times[index - 1];
    if (before !== undefined && time - before > 1.5 * width) {
      times.push(before + width);
      values.push(NaN);
    }
    times.push(time);
    values.push(line.values[index]!);
  });
  return { ...line, times, values };
}

/** The middle of a window, where its value is drawn. */
export const middle = (time: number, { windowSeconds }: MonitorReport): string =>
  plotTime(time + windowSeconds / 2);

/** Replace values that are not finite by null, which plotly draws as a gap. */
export const finite = (values: readonly number[]): Array<number | null> =>
  values.map((value) => (Number.isFinite(value) ? value : null));

/** Beginning of the first window and end of the last; null without any series. */
export function timeRange(report: MonitorReport): readonly [number, number] | null {
  const times = [...report.timeSeries, ...report.drift].flatMap(({ times: each }) => [
    ...each.slice(0, 1),
    ...each.slice(-1),
  ]);
  return times.length ? [Math.min(...times), Math.max(...times) + report.windowSeconds] : null;
}
