/** The best values of the metrics on a page, for each model. */

import { real } from '../data/numbers';
import type { Registry, Row } from '../data/answers';

/**
 * `COMMIT METRIC` of the best of each model on the page. Metrics of two models are not compared, and
 * a metric without a known direction has no best value.
 */
export function bestValues(
  rows: readonly Row[],
  metrics: readonly string[],
  directions: Registry['metricDirections'],
): Set<string> {
  const best = new Set<string>();
  for (const metric of metrics.filter((name) => Object.hasOwn(directions, name))) {
    const sign = directions[metric] === 'lower' ? -1 : 1;
    const values = valuesOf(rows, metric);
    for (const model of new Set(values.map(({ row }) => row.model))) {
      const group = values.filter(({ row }) => row.model === model);
      const top = Math.max(...group.map(({ value }) => sign * value));
      const holders = group.filter(({ value }) => sign * value === top);
      if (holders.length < group.length) {
        holders.forEach(({ row }) => best.add(`${row.commit} ${metric}`));
      }
    }
  }
  return best;
}

function valuesOf(rows: readonly Row[], metric: string): Array<{ row: Row; value: number }> {
  return rows
    .map((row) => ({ row, value: real(row.metrics.find(([key]) => key === metric)?.[1] ?? 'NaN') }))
    .filter(({ value }) => Number.isFinite(value));
}
