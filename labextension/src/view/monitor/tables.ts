/** The data of the figures as tables, to be saved. */

import type { Distribution, MonitorReport } from '../data/monitorReport';
import type { Cell } from '../charts/exports';
import { real } from '../data/numbers';
import { names } from './distribution';
import { linesOf, VOLUME } from './series';
import { plotTime } from './timeFormat';

type Rows = ReadonlyArray<readonly Cell[]>;

/** A metric and the rows of each window, version and stage. */
export function metricTable(report: MonitorReport, metric: string): Rows {
  const lines = [...new Set([metric, VOLUME])].flatMap((name) =>
    linesOf(report, name).map((line) => ({ ...line, name })),
  );
  return [
    ['window', 'version', 'stage', 'metric', 'value'],
    ...lines.flatMap(({ name, version, stage, times, values }) =>
      times.map((time, at) => [plotTime(time), version, stage, name, values[at] ?? null]),
    ),
  ];
}

/** A drift measure of each column, window, version and stage. */
export function driftTable({ drift }: MonitorReport, measure: string): Rows {
  return [
    ['window', 'version', 'stage', 'column', 'measure', 'value', 'drifted'],
    ...drift
      .filter((each) => each.measure === measure)
      .flatMap(({ version, stage, column, times, values, drifted }) =>
        times.map((time, at) => [
          plotTime(time),
          version,
          stage,
          column,
          measure,
          real(values[at] ?? 'NaN'),
          Number(drifted[at] ?? false),
        ]),
      ),
  ];
}

/** The shares of a column in the reference and in the window. */
export function distributionTable(distribution: Distribution): Rows {
  return [
    ['value', 'reference', 'current'],
    ...names(distribution).map((name, at) => [
      name,
      distribution.reference[at] ?? null,
      distribution.current[at] ?? null,
    ]),
  ];
}
