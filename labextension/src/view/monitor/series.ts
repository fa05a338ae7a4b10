/** What of an answer is drawn as lines: a metric of each version in each stage. */

import { real } from '../data/numbers';
import type { DriftSeries, MonitorReport } from '../data/source';
import { plotTime } from './timeFormat';

export const VOLUME = 'volume';

/** Who answered: a version, in a stage or outside of any. */
export interface Subject {
  version: string;
  stage: string;
}

export interface Line extends Subject {
  /** Beginnings of windows. */
  times: readonly number[];
  values: readonly number[];
}

/** Metrics that say most, first; whatever else there is comes after them in its own order. */
const FIRST = ['roc_auc', 'accuracy', 'f1', 'rmse', 'mae', 'r2', 'log_loss', 'p99', 'latency_p99'];

// A version's name holds no NUL, as git has it.
export const keyOf = ({ version, stage }: Subject): string => `${version}\0${stage}`;

export const nameOf = ({ version, stage }: Subject): string =>
  stage ? `${version} #${stage}` : version;

/** Everybody who answered, in the order of the log: who comes where has always the same color. */
export function subjectsOf(given: MonitorReport): Subject[] {
  const all = [...given.loggedVersions, ...given.timeSeries, ...given.drift];
  const found = new Map(all.map((each) => [keyOf(each), each]));
  return [...found.values()].map(({ version, stage }) => ({ version, stage }));
}

/** `psi(age)`. */
export const driftMetric = ({ measure, column }: Pick<DriftSeries, 'measure' | 'column'>): string =>
  `${measure}(${column})`;

/** Metrics that can be drawn above the volume. */
export function metricsOf({ timeSeries }: MonitorReport): string[] {
  const names = [...new Set(timeSeries.map(({ metric }) => metric))];
  return names.filter((name) => name !== VOLUME);
}

/** What is drawn before anybody chose. */
export function defaultMetric(given: MonitorReport): string {
  const names = metricsOf(given);
  return FIRST.find((name) => names.includes(name)) ?? names[0] ?? '';
}

/** The lines of a metric, of a detector's word on a column too. */
export function linesOf(given: MonitorReport, metric: string): Line[] {
  const courses = given.timeSeries.filter((course) => course.metric === metric);
  const found = courses.length
    ? courses
    : given.drift.filter((drift) => driftMetric(drift) === metric);
  return found.map(({ version, stage, times, values }) => ({
    version,
    stage,
    times,
    values: times.map((_, index) => real(values[index] ?? 'NaN')),
  }));
}

/** From where on a detector speaks of drift; null for what is no detector's word. */
export function thresholdOf(
  { driftMeasures, drift }: MonitorReport,
  metric: string,
): number | null {
  const found = drift.find((each) => driftMetric(each) === metric);
  return driftMeasures.find(({ name }) => name === found?.measure)?.threshold ?? null;
}

/** Where a line breaks off: windows without a value lie between. */
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

/** Where a window is drawn: in its middle. */
export const middle = (time: number, { windowSeconds }: MonitorReport): string =>
  plotTime(time + windowSeconds / 2);

/** What plotly takes for a gap. */
export const finite = (values: readonly number[]): Array<number | null> =>
  values.map((value) => (Number.isFinite(value) ? value : null));

/** First and last moment that something is drawn at; null for nothing. */
export function timeRange(given: MonitorReport): readonly [number, number] | null {
  const times = [...given.timeSeries, ...given.drift].flatMap(({ times: each }) => [
    ...each.slice(0, 1),
    ...each.slice(-1),
  ]);
  return times.length ? [Math.min(...times), Math.max(...times) + given.windowSeconds] : null;
}
