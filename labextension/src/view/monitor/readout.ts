/** What the chart says about each window: rows and values by version, alerts, anomalies, moves. */

import type { Data } from 'plotly.js';

import { plainText, shorten } from '../charts/charts';
import { countedRows } from '../data/format';
import { number } from '../data/numbers';
import type { MonitorReport } from '../data/monitorReport';
import { shownAnomalies, wrapped, type ChartSelection } from './anomalyMarkers';
import { keyOf, linesOf, middle, nameOf, VOLUME, type Line } from './series';
import { marksOf } from './stageMarks';
import { durationText, windowName } from './timeFormat';
import { trans } from '../translation';

/** Most windows with a text; a report has no more. */
const MAX_WINDOWS = 5000;
/** Most lines of one kind in a text. */
const MAX_LINES = 6;

/** Beginnings of all windows in a time, also of those without rows. */
export function windowsIn(
  [from, to]: readonly [number, number],
  { windowSeconds }: MonitorReport,
): number[] {
  const count = Math.min(MAX_WINDOWS, Math.max(1, Math.round((to - from) / windowSeconds)));
  return Array.from({ length: count }, (_, at) => from + at * windowSeconds);
}

/** The text of each window, as lines. */
export function readouts(
  report: MonitorReport,
  look: ChartSelection,
  starts: readonly number[],
): string[][] {
  const byStart = new Map<number, string[]>(starts.map((start) => [start, []]));
  const { windowSeconds } = report;
  const first = starts[0] ?? 0;
  const at = (time: number): string[] | undefined =>
    byStart.get(first + Math.floor((time - first) / windowSeconds) * windowSeconds);
  const add = (time: number, text: string): void => {
    const lines = at(time);
    if (lines && lines.length < 2 * MAX_LINES) {
      lines.push(text);
    }
  };
  valuesOf(report, look).forEach(([time, text]) => add(time, text));
  for (const [rule, fired] of firedWindows(report, starts)) {
    starts.forEach((start, index) => fired[index] && add(start, trans.__('alert fired: %1', rule)));
  }
  for (const { time, detector, metric, reason } of shownAnomalies(report, look)) {
    add(time, trans.__('anomaly of %1 (%2): %3', metric, detector, reason));
  }
  marksOf(report).forEach(({ time, text }) => add(time, text));
  return starts.map((start) => {
    const lines = byStart.get(start) ?? [];
    const window = trans.__(
      '%1, %2',
      windowName(start, windowSeconds),
      durationText(windowSeconds),
    );
    return [window, ...(lines.length ? lines : [trans.__('no rows')])];
  });
}

/** Whether each rule fired in each window, for any metric; there may be thousands of periods. */
function firedWindows(
  { firedPeriods, windowSeconds }: MonitorReport,
  starts: readonly number[],
): Map<string, boolean[]> {
  const first = starts[0] ?? 0;
  const changes = new Map<string, number[]>();
  for (const { rule, start, end } of firedPeriods) {
    const own = changes.get(rule) ?? starts.map(() => 0);
    changes.set(rule, own);
    const from = Math.max(0, Math.floor((start - first) / windowSeconds));
    const to = Math.ceil((end - first) / windowSeconds);
    if (from < own.length && to > 0) {
      own[from]! += 1;
      if (to < own.length) {
        own[to]! -= 1;
      }
    }
  }
  return new Map(
    [...changes].map(([rule, own]) => {
      let open = 0;
      return [rule, own.map((change) => (open += change) > 0)];
    }),
  );
}

/** Metric and rows of each version, window by window, in the order of the lines. */
function valuesOf(report: MonitorReport, look: ChartSelection): Array<readonly [number, string]> {
  const metrics = new Map(
    linesOf(report, look.metric).map((line) => [keyOf(line), valuesBy(line)]),
  );
  const rows = new Map(linesOf(report, VOLUME).map((line) => [keyOf(line), valuesBy(line)]));
  const subjects = new Map(
    [...linesOf(report, VOLUME), ...linesOf(report, look.metric)].map((line) => [
      keyOf(line),
      line,
    ]),
  );
  return [...subjects].flatMap(([key, line]) => {
    const times = new Set([...(rows.get(key)?.keys() ?? []), ...(metrics.get(key)?.keys() ?? [])]);
    return [...times].flatMap((time) => {
      const [value, count] = [metrics.get(key)?.get(time), rows.get(key)?.get(time)];
      const parts = [
        value === undefined ? '' : `${look.metric} ${number(value)}`,
        count ? countedRows(count) : '',
      ].filter(Boolean);
      return parts.length ? [[time, `${nameOf(line)}: ${parts.join(', ')}`] as const] : [];
    });
  });
}

const valuesBy = ({ times, values }: Line): Map<number, number> =>
  new Map(
    times.flatMap((time, at) =>
      Number.isFinite(values[at]) ? [[time, values[at]!] as const] : [],
    ),
  );

/** Invisible points in the middle of each window, so that a pointer anywhere in it finds one. */
export function readoutTraces(
  report: MonitorReport,
  look: ChartSelection,
  starts: readonly number[],
): Data[] {
  const hovertext = readouts(report, look, starts).map(([window, ...lines]) =>
    [`<b>${plainText(window!)}</b>`, ...lines.slice(0, 2 * MAX_LINES).flatMap(htmlLines)].join(
      '<br>',
    ),
  );
  return ['y3', 'y4'].map((yaxis) => ({
    type: 'scatter',
    mode: 'markers',
    name: 'window',
    showlegend: false,
    x: starts.map((start) => middle(start, report)),
    y: starts.map(() => 0.5),
    yaxis,
    marker: { opacity: 0, size: 1 },
    hoverinfo: 'text',
    hovertext,
  }));
}

const htmlLines = (line: string): string[] =>
  wrapped(line).map((part) => (part.length > 60 ? shorten(part, 60) : plainText(part)));
