/** The last report of each monitored model, at the time when the page was written. */

import { own } from '../data/own';
import { RequestError } from '../data/source';
import type { MonitorReport } from '../data/monitorReport';
import { modelOf } from '../monitor/selection';
import { trans } from '../translation';
import type { Embedded } from './data';

/** Reads the JSON of a block of the page. */
export type ReadBlock = (id: string) => Promise<unknown>;

/** The report on a model; without rows if the model is not monitored. */
export async function reportOf(
  reports: Embedded['reports'],
  ref: string,
  exported: number,
  read: ReadBlock,
): Promise<MonitorReport> {
  const model = modelOf(ref);
  const entry = own(reports, model);
  if (entry === undefined) {
    return emptyReport(model, exported);
  }
  if (entry.problem) {
    throw new RequestError(entry.problem);
  }
  return (await read(entry.block)) as MonitorReport;
}

function emptyReport(model: string, until: number): MonitorReport {
  return {
    model,
    ref: model,
    window: '1d',
    windowSeconds: 86_400,
    until,
    verdicts: [],
    loggedVersions: [],
    timeSeries: [],
    drift: [],
    driftMeasures: [],
    anomalies: [],
    alerts: [],
    limits: [],
    firedPeriods: [],
    moves: [],
    versionStarts: [],
    unknownLabels: 0,
    warnings: [],
    hint: trans.__('The model was not monitored when this page was written.'),
    state: '',
  };
}
