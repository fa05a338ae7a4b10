/** The drift of a version's columns by window and by one measure, for the heat map. */

import { real } from '../data/numbers';
import type { MonitorReport } from '../data/monitorReport';
import { keyOf } from './series';

export interface DriftCell {
  value: number;
  drifted: boolean;
  /** Step of the color scale, from 0. */
  level: number;
}

export interface DriftRow {
  column: string;
  /** A cell for each of `times`; null where drift was not evaluated. */
  cells: ReadonlyArray<DriftCell | null>;
}

export interface DriftMatrix {
  measure: string;
  threshold: number;
  times: readonly number[];
  /** Worst column first. */
  rows: readonly DriftRow[];
  /** Number of older windows that are left out. */
  omitted: number;
}

/** Most windows that are drawn; more cells would be neither visible nor fast. */
export const MAX_WINDOWS = 366;

/** Lower bounds of the steps as multiples of the threshold; lower values are step 0. */
export const STEPS: readonly number[] = [0.25, 0.5, 1, 2, 4];

export function levelOf(value: number, threshold: number): number {
  const part = threshold > 0 ? value / threshold : value > 0 ? Infinity : 0;
  return STEPS.filter((step) => part >= step).length;
}

/** Drift measures with values for the subject `key`, in the order of display. */
export function measuresOf({ driftMeasures, drift }: MonitorReport, key: string): string[] {
  const used = new Set(drift.filter((each) => keyOf(each) === key).map((each) => each.measure));
  return driftMeasures.map(({ name }) => name).filter((name) => used.has(name));
}

/** The matrix of one measure, and one version in one stage. */
export function driftMatrix(given: MonitorReport, measure: string, key: string): DriftMatrix {
  const threshold = given.driftMeasures.find(({ name }) => name === measure)?.threshold ?? 0;
  const found = given.drift.filter((each) => each.measure === measure && keyOf(each) === key);
  const every = windowsOf(
    found.flatMap(({ times }) => times),
    given.windowSeconds,
  );
  const times = every.slice(-MAX_WINDOWS);
  const rows = found.map(({ column, times: own, values, drifted }) => {
    const cells = new Map<number, DriftCell>();
    own.forEach((time, index) => {
      const value = real(values[index] ?? 'NaN');
      if (!Number.isNaN(value)) {
        cells.set(time, { value, drifted: !!drifted[index], level: levelOf(value, threshold) });
      }
    });
    return { column, cells: times.map((time) => cells.get(time) ?? null) };
  });
  return {
    measure,
    threshold,
    times,
    rows: worstFirst(rows),
    omitted: every.length - times.length,
  };
}

/** All windows from the first to the last, so that missing ones are visible. */
function windowsOf(given: readonly number[], width: number): number[] {
  const known = [...new Set(given)].sort((a, b) => a - b);
  const [first, last] = [known.at(0), known.at(-1)];
  if (first === undefined || last === undefined) {
    return [];
  }
  const many = Math.round((last - first) / width) + 1;
  const even = Array.from(
    { length: Math.min(many, 10 * MAX_WINDOWS) },
    (_, n) => first + n * width,
  );
  const complete = new Set(even);
  return many <= 10 * MAX_WINDOWS && known.every((time) => complete.has(time)) ? even : known;
}

function worstFirst(rows: readonly DriftRow[]): DriftRow[] {
  const badness = ({ cells }: DriftRow): readonly [number, number] => {
    const known = cells.filter((cell) => cell !== null);
    const worst = known.reduce((most, { value }) => Math.max(most, value), -Infinity);
    return [known.filter(({ drifted }) => drifted).length, worst];
  };
  return rows
    .map((row) => ({ row, bad: badness(row) }))
    .sort((a, b) => b.bad[0] - a.bad[0] || compare(b.bad[1], a.bad[1]))
    .map(({ row }) => row);
}

/** Compare numbers; the difference of two infinite ones would be NaN. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
