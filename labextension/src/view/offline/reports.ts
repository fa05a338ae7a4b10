/** The last report of each monitored model, at the time when the page was written. */

import { own } from '../data/own';
import { RequestError } from '../data/source';
import type { AlertHistory, MonitorReport } from '../data/monitorReport';
import { modelOf } from '../monitor/selection';
import { trans } from '../translation';
import type { Embedded } from './data';

/** Reads the JSON of a block of the page. */
export type ReadBlock = (id: string) => Promise<unknown>;

interface Block {
  report: MonitorReport;
  alerts: AlertHistory;
}

export class Reports {
  constructor(
    private readonly data: Pick<Embedded, 'reports' | 'exported'>,
    private readonly read: ReadBlock,
  ) {}

  /** The report on a model; without rows if the model is not monitored. */
  async report(ref: string): Promise<MonitorReport> {
    const model = modelOf(ref);
    return (await this.block(model))?.report ?? emptyReport(model, this.data.exported);
  }

  /** When the alerts of a model fired. */
  async alertHistory(model: string): Promise<AlertHistory> {
    return (await this.block(model))?.alerts ?? { ...NO_ALERTS, model };
  }

  private async block(model: string): Promise<Block | null> {
    const entry = own(this.data.reports, model);
    if (entry?.problem) {
      throw new RequestError(entry.problem);
    }
    return entry === undefined ? null : ((await this.read(entry.block)) as Block);
  }
}

const NO_ALERTS: AlertHistory = { model: '', periods: [], hasMore: false, unreadable: '' };

function emptyReport(model: string, until: number): MonitorReport {
  return {
    model,
    ref: model,
    window: '1d',
    windowSeconds: 86_400,
    until,
    unreadable: '',
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
