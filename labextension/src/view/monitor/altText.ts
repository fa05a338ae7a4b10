/** The chart over time as text, for screen readers. */

import { number } from '../data/numbers';
import type { MonitorReport } from '../data/monitorReport';
import { linesOf, nameOf, type Line } from './series';
import { marksOf } from './stageMarks';
import { shownAnomalies, type ChartSelection } from './anomalyMarkers';
import { windowName } from './timeFormat';
import { trans } from '../translation';

export function metricAltText(report: MonitorReport, look: ChartSelection): string {
  const lines = linesOf(report, look.metric).map((line) => lineText(line, report.windowSeconds));
  const marks = marksOf(report).map(({ text: words }) => words);
  const odd = shownAnomalies(report, look).map(({ metric, value, time, detector }) =>
    trans.__(
      '%1 %2 on %3 is an anomaly by %4',
      metric,
      number(value),
      windowName(time, report.windowSeconds),
      detector,
    ),
  );
  return [look.metric, ...lines, ...marks, ...odd.slice(0, 20)].join('; ');
}

function lineText(line: Line, width: number): string {
  const places = line.values.flatMap((value, at) => (Number.isFinite(value) ? [at] : []));
  const [first, last] = [places.at(0), places.at(-1)];
  if (first === undefined || last === undefined) {
    return trans.__('%1: no number', nameOf(line));
  }
  const end = (at: number): string =>
    trans.__('%1 on %2', number(line.values[at]!), windowName(line.times[at]!, width));
  const values = places.map((at) => line.values[at]!);
  const [low, high] = [Math.min(...values), Math.max(...values)].map(number);
  return trans.__(
    '%1: from %2 to %3, between %4 and %5',
    nameOf(line),
    end(first),
    end(last),
    low,
    high,
  );
}
