/** The drift of columns by window and by one measure, for the heat map. */

import { real } from '../data/numbers';
import type { DriftSeries, MonitorReport } from '../data/monitorReport';
import { windowsIn } from './readout';
import { keyOf, linesOf, VOLUME } from './series';

export interface DriftCell {
  value: number;
  drifted: boolean;
  /** Step of the color scale, from 0. */
  level: number;
  /** Key of the version and stage that answered. */
  subject: string;
  /** Beginning of the window; of several windows, of the worst. */
  time: number;
}

export interface DriftRow {
  column: string;
  /** A cell for each of `times`; null where drift was not evaluated. */
  cells: ReadonlyArray<DriftCell | null>;
}

export interface DriftMatrix {
  measure: string;
  threshold: number;
  /** Beginning of each cell. */
  times: readonly number[];
  /** Number of windows in each cell. */
  spans: readonly number[];
  /** Key of the version and stage that answered most rows; null without rows. */
  served: ReadonlyArray<string | null>;
  /** Worst column first. */
  rows: readonly DriftRow[];
}

/** The subject of a heat map that shows, in each window, the version that answered then. */
export const AS_SERVED = '';

/** Lower bounds of the steps as multiples of the threshold; lower values are step 0. */
export const STEPS: readonly number[] = [0.25, 0.5, 1, 2, 4];

export function levelOf(value: number, threshold: number): number {
  const part = threshold > 0 ? value / threshold : value > 0 ? Infinity : 0;
  return STEPS.filter((step) => part >= step).length;
}

/** Drift measures with values for the subject `key`, in the order of display. */
export function measuresOf({ driftMeasures, drift }: MonitorReport, key: string): string[] {
  const own = drift.filter((each) => key === AS_SERVED || keyOf(each) === key);
  const measures = new Set(own.map((each) => each.measure));
  return driftMeasures.map(({ name }) => name).filter((name) => measures.has(name));
}

/** One measure in a time range: of one version in one stage, or of the versions that answered. */
export function driftMatrix(
  report: MonitorReport,
  measure: string,
  key: string,
  within: readonly [number, number],
): DriftMatrix {
  const threshold = report.driftMeasures.find(({ name }) => name === measure)?.threshold ?? 0;
  const times = windowsIn(within, report);
  const served = servedIn(report, times);
  const columns = new Map<string, Map<number, DriftCell>>();
  const place = new Map(times.map((time, at) => [time, at]));
  for (const series of report.drift) {
    const subject = keyOf(series);
    if (series.measure === measure && (key === AS_SERVED || subject === key)) {
      const cells = columns.get(series.column) ?? new Map<number, DriftCell>();
      columns.set(series.column, cells);
      cellsOf(series, threshold, subject)
        .filter(({ time }) => place.has(time))
        .filter(({ time }) => key !== AS_SERVED || served[place.get(time)!] === subject)
        .forEach((cell) => cells.set(cell.time, cell));
    }
  }
  const rows = [...columns].map(([column, cells]) => ({
    column,
    cells: times.map((time) => cells.get(time) ?? null),
  }));
  return { measure, threshold, times, spans: times.map(() => 1), served, rows: worstFirst(rows) };
}

function cellsOf(series: DriftSeries, threshold: number, subject: string): DriftCell[] {
  return series.times.flatMap((time, index) => {
    const value = real(series.values[index] ?? 'NaN');
    const drifted = !!series.drifted[index];
    const level = levelOf(value, threshold);
    return Number.isNaN(value) ? [] : [{ value, drifted, level, subject, time }];
  });
}

/** The version and stage that answered most rows in each window. */
function servedIn(report: MonitorReport, times: readonly number[]): Array<string | null> {
  const most = new Map<number, readonly [rows: number, key: string]>();
  for (const line of linesOf(report, VOLUME)) {
    line.times.forEach((time, at) => {
      const rows = line.values[at] ?? 0;
      if (rows > (most.get(time)?.[0] ?? 0)) {
        most.set(time, [rows, keyOf(line)]);
      }
    });
  }
  return times.map((time) => most.get(time)?.[1] ?? null);
}

/** The matrix with at most `limit` cells in a row: each shows the worst of its windows. */
export function joinCells(matrix: DriftMatrix, limit: number): DriftMatrix {
  const step = Math.ceil(matrix.times.length / Math.max(1, limit));
  if (step <= 1) {
    return matrix;
  }
  const starts = matrix.times.flatMap((_, at) => (at % step === 0 ? [at] : []));
  return {
    ...matrix,
    times: starts.map((at) => matrix.times[at]!),
    spans: starts.map((at) => Math.min(step, matrix.times.length - at)),
    served: starts.map((at) => mostFrequent(matrix.served.slice(at, at + step))),
    rows: matrix.rows.map(({ column, cells }) => ({
      column,
      cells: starts.map((at) => worst(cells.slice(at, at + step))),
    })),
  };
}

function worst(cells: ReadonlyArray<DriftCell | null>): DriftCell | null {
  return cells.reduce((most, cell) => {
    if (!most || !cell) {
      return most ?? cell;
    }
    const more = Number(cell.drifted) - Number(most.drifted) || cell.value - most.value;
    return more > 0 ? cell : most;
  }, null);
}

function mostFrequent(keys: ReadonlyArray<string | null>): string | null {
  const counts = new Map<string, number>();
  for (const key of keys) {
    if (key !== null) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function worstFirst(rows: readonly DriftRow[]): DriftRow[] {
  const badness = ({ cells }: DriftRow): readonly [number, number] => {
    const present = cells.filter((cell) => cell !== null);
    const highest = present.reduce((most, { value }) => Math.max(most, value), -Infinity);
    return [present.filter(({ drifted }) => drifted).length, highest];
  };
  return rows
    .map((row) => ({ row, bad: badness(row) }))
    .sort((a, b) => b.bad[0] - a.bad[0] || compare(b.bad[1], a.bad[1]))
    .map(({ row }) => row);
}

/** Compare numbers; the difference of two infinite ones would be NaN. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
