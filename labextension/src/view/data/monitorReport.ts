/** The answers about monitoring: the report on a log, a distribution, the health of a stage. */

import type { Real, StageMove } from './answers';

/** One metric of one version in one stage, window by window. */
export interface TimeSeries {
  /** The name that rules use: `volume`, `p99`, `accuracy`, `psi(age)`. */
  metric: string;
  version: string;
  /** Empty outside of a stage. */
  stage: string;
  /** Beginnings of windows in ascending order, in seconds since the epoch. */
  times: readonly number[];
  values: readonly Real[];
}

/** Values of one drift measure for one column of one version, window by window. */
export interface DriftSeries {
  column: string;
  measure: string;
  version: string;
  stage: string;
  times: readonly number[];
  values: readonly Real[];
  /** Whether each value is over the threshold and statistically significant. */
  drifted: readonly boolean[];
}

export interface Anomaly {
  detector: string;
  metric: string;
  version: string;
  stage: string;
  /** Beginning of its window. */
  time: number;
  value: Real;
  reason: string;
}

export interface AlertState {
  id: string;
  rule: string;
  notify: readonly string[];
  state: 'ok' | 'pending' | 'firing' | 'no data';
  version: string;
  stage: string;
  /** Metric of the series that decided the state. */
  metric: string;
  value: Real | null;
  /** The window of that value with its rows, such as `on 12 May (1,204 rows)`; empty if none. */
  window: string;
  /** Beginning of the first window in the present state; null if there is none. */
  since: number | null;
  /** Value so far in the window that is not complete; null without rows in it. */
  current: Real | null;
  /** When that window ends and the rule is judged, in seconds since the epoch. */
  judgedAt: number | null;
  /** The previous version in the stage; empty if there was none. */
  lastGoodVersion: string;
  /** The command that rolls the stage back; empty if no rollback is needed. */
  rollback: string;
}

/** The state of a version in a stage, in one sentence of plain text. */
export interface Verdict {
  version: string;
  /** Empty outside of a stage. */
  stage: string;
  state: 'good' | 'warning' | 'bad' | 'unknown';
  /** With the version and stage at the beginning. */
  verdict: string;
}

/** A period in which a rule fired. */
export interface FiredPeriod {
  metric: string;
  rule: string;
  version: string;
  stage: string;
  start: number;
  end: number;
}

/** A period in which an alert fired, with the values of its metric. */
export interface AlertPeriod {
  metric: string;
  rule: string;
  version: string;
  stage: string;
  start: number;
  /** Null if the alert still fires. */
  end: number | null;
  /** In the window with which the rule began to fire. */
  value: Real;
  /** In the last window of the period. */
  lastValue: Real;
  /** These windows with their rows, such as `on 12 May (1,204 rows)`. */
  window: string;
  lastWindow: string;
}

/** When the alerts of a model fired. */
export interface AlertHistory {
  model: string;
  /** Newest first. */
  periods: readonly AlertPeriod[];
  /** Whether older periods were left out. */
  hasMore: boolean;
  /** Why a part of the log cannot be read, so that periods may be missing; else empty. */
  unreadable: string;
}

/** The report on the logged predictions of a model. */
export interface MonitorReport {
  model: string;
  /** The reference in the question. */
  ref: string;
  /** Length of the windows, such as `1h`; if the question had none, it depends on the log. */
  window: string;
  /** Length of a window. */
  windowSeconds: number;
  /** End of the report, in seconds since the epoch. */
  until: number;
  /** Which parts of the log cannot be read, and what to do; empty if all can. */
  unreadable: string;
  /** One for each stage; without stages, of the version that answered last. */
  verdicts: readonly Verdict[];
  loggedVersions: ReadonlyArray<{
    version: string;
    stage: string;
    rows: number;
    first: number;
    last: number;
  }>;
  /** Series of traffic, latency and quality. */
  timeSeries: readonly TimeSeries[];
  drift: readonly DriftSeries[];
  /** Drift measures in the order of display, each with its threshold. */
  driftMeasures: ReadonlyArray<{ name: string; threshold: number }>;
  anomalies: readonly Anomaly[];
  alerts: readonly AlertState[];
  /** The threshold of each rule, for each metric that it is about. */
  limits: ReadonlyArray<{ metric: string; rule: string; threshold: Real }>;
  /** Windows in a row in which a rule fired, also for versions that serve no longer. */
  firedPeriods: readonly FiredPeriod[];
  /** Stage moves of the model during the report, oldest first. */
  moves: readonly StageMove[];
  /** When a version began, or began again, to answer for a stage, according to the log. */
  versionStarts: ReadonlyArray<{ version: string; stage: string; time: number }>;
  /** Labels without a prediction in the log; not counted if `since` or `until` is given. */
  unknownLabels: number;
  /** What could not be read or evaluated. */
  warnings: readonly string[];
  /** What to do next if no rows are logged, else empty. */
  hint: string;
  /** Changes when rows or labels are added; see the question `monitoringState`. */
  state: string;
}

/** One column in its training data and in one window: shares of the rows that have a value. */
export interface Distribution {
  column: string;
  version: string;
  stage: string;
  /** Beginning of the window. */
  time: number;
  kind: 'number' | 'category';
  /** Edges between the bins of a number; the outer two bins have no end. Empty for a category. */
  edges: readonly Real[];
  /** Names of the categories; the last one stands for the rest. Empty for a number. */
  categories: readonly string[];
  reference: readonly number[];
  current: readonly number[];
  /** Number of rows, and below it the share of rows without a value. */
  rows: { reference: number; current: number };
  missing: { reference: number; current: number };
}

/** The health of a stage. */
export interface Health {
  stage: string;
  version: string;
  state: 'good' | 'warning' | 'bad' | 'unknown';
  /** One sentence, without version and stage. */
  reason: string;
  /** The command that rolls the stage back; empty if no rollback is needed. */
  rollback: string;
  /** The reason with version and stage before it: `churn@3 in prod: no drift on 12 May`. */
  verdict: string;
}

/** The recent traffic of a stage, whichever version answered. */
export interface Traffic {
  stage: string;
  /** Rows of each of the last 14 days in UTC, oldest first; the last day is today. */
  rows: readonly number[];
  /** Time of the last row. */
  last: number;
}

/** The alerts of a registry that fire now. */
export interface Firing {
  /** Identifies the registry. */
  registry: string;
  stages: readonly {
    /** Ids of the alerts. */
    alerts: readonly string[];
    /** The stage, as `churn@prod`. */
    subject: string;
    version: string;
    /** As in `Health`. */
    verdict: string;
  }[];
}
