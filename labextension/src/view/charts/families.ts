/** Metrics by scale: metrics that differ by more than ten times do not share an axis. */

import { real } from '../data/numbers';
import type { Pairs, Real } from '../data/answers';

const RATIO = 10;

export interface Series {
  name: string;
  /** One value for each version; NaN where the version has none. */
  values: readonly number[];
}

/** The values of each metric by its name, in the order in which the names appear. */
export function seriesOf(versions: ReadonlyArray<Pairs<Real>>): Series[] {
  const series = new Map<string, number[]>();
  versions.forEach((metrics, index) => {
    for (const [name, value] of metrics) {
      const values = series.get(name) ?? new Array<number>(versions.length).fill(NaN);
      values[index] = real(value);
      series.set(name, values);
    }
  });
  return [...series].map(([name, values]) => ({ name, values }));
}

/** Group series so that the largest values of a group are within ten times of each other. */
export function families(series: readonly Series[]): Series[][] {
  const groups: Array<{ low: number; high: number; members: Series[] }> = [];
  for (const each of series) {
    const scale = largest(each.values);
    const group = groups.find(
      ({ low, high }) => Math.max(high, scale) <= RATIO * Math.min(low, scale),
    );
    if (group) {
      group.low = Math.min(group.low, scale);
      group.high = Math.max(group.high, scale);
      group.members.push(each);
    } else {
      groups.push({ low: scale, high: scale, members: [each] });
    }
  }
  return groups.map(({ members }) => members);
}

/** The largest finite absolute value; 1 if all are zero. */
function largest(values: readonly number[]): number {
  const most = values.reduce((a, b) => (Number.isFinite(b) ? Math.max(a, Math.abs(b)) : a), 0);
  return most || 1;
}
