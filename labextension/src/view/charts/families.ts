/** Metrics by scale: what differs by more than ten times is not drawn on one axis. */

import { real } from '../data/numbers';
import type { Pairs, Real } from '../data/source';

const RATIO = 10;

export interface Series {
  name: string;
  /** One for each version; NaN where it has none. */
  values: readonly number[];
}

/** A metric of each version by its name, in the order in which the names appear. */
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

/** Series in groups whose largest values lie within ten times of each other. */
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

/** The largest finite size, 1 if there is none but zeros. */
function largest(values: readonly number[]): number {
  const most = values.reduce((a, b) => (Number.isFinite(b) ? Math.max(a, Math.abs(b)) : a), 0);
  return most || 1;
}
