/** The chart over time as text, for screen readers. */

import { number } from '../data/numbers';
import type { MonitorReport } from '../data/monitorReport';
import { linesOf, nameOf, type Line } from './series';
import { marksOf } from './stageMarks';
import { shownAnomalies, type ChartSelection } from './anomalyMarkers';
import { windowName } from './timeFormat';

export function metricAltText(given: MonitorReport, look: ChartSelection): string {
  const lines = linesOf(given, look.metric).map((line) => lineText(line, given.windowSeconds));
  const marks = marksOf(given).map(({ text: words }) => words);
  const odd = shownAnomalies(given, look).map(
    (each) =>
      `${each.metric} ${number(each.value)} on ${windowName(each.time, given.windowSeconds)} is an anomaly by ${each.detector}`,
  );
  return [look.metric, ...lines, ...marks, ...odd.slice(0, 20)].join('; ');
}

function lineText(line: Line, width: number): string {
  const known = line.values.flatMap((value, at) => (Number.isFinite(value) ? [at] : []));
  const [first, last] = [known.at(0), known.at(-1)];
  if (first === undefined || last === undefined) {
    return `${nameOf(line)}: no number`;
  }
  const end = (at: number): string =>
    `${number(line.values[at]!)} on ${windowName(line.times[at]!, width)}`;
  const values = known.map((at) => line.values[at]!);
  const [low, high] = [Math.min(...values), Math.max(...values)].map(number);
  return `${nameOf(line)}: from ${end(first)} to ${end(last)}, between ${low} and ${high}`;
}
