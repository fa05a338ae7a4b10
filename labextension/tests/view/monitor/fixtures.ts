/** An invented log for tests: twenty days, two versions, a column that drifts. */

import type { AlertState, Distribution, MonitorReport } from '../../../src/view/data/monitorReport';

export const DAY = 86_400;
/** 2013-04-01, midnight. */
export const START = 1_364_774_400;
export const DAYS = 20;

/** Beginning of a day. */
export const day = (number: number): number => START + number * DAY;

const days = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => day(from + index));

const OLD = { version: 'churn@1', stage: 'prod' };
const NEW = { version: 'churn@2', stage: 'prod' };

export function alertOf(given: Partial<AlertState> = {}): AlertState {
  return {
    id: 'a1',
    rule: 'psi(age) > 0.2 for 3 windows',
    notify: ['log:'],
    state: 'firing',
    ...NEW,
    metric: 'psi(age)',
    value: 0.4167,
    window: 'on 19 April (234 rows)',
    since: day(15),
    current: null,
    judgedAt: null,
    lastGoodVersion: 'churn@1',
    rollback: '%model_rollback churn@prod -m "psi(age) is 0.4167"',
    ...given,
  };
}

export function monitoring(given: Partial<MonitorReport> = {}): MonitorReport {
  const [before, after] = [days(0, 10), days(10, DAYS)];
  const drifting = after.map((_, at) => at / 10);
  return {
    model: 'churn',
    ref: 'churn',
    window: '1d',
    windowSeconds: DAY,
    until: day(DAYS),
    unreadable: '',
    verdicts: [
      {
        ...NEW,
        state: 'bad',
        verdict:
          'churn@2 in prod: age has drifted since 15 April; accuracy 0.81 against 0.9 at commit',
      },
    ],
    loggedVersions: [
      { ...OLD, rows: 1000, first: day(0), last: day(9) },
      { ...NEW, rows: 2345, first: day(10), last: day(19) },
    ],
    timeSeries: [
      { metric: 'volume', ...OLD, times: before, values: before.map(() => 100) },
      { metric: 'volume', ...NEW, times: after, values: after.map(() => 234) },
      { metric: 'latency_p99', ...NEW, times: after, values: after.map(() => 0.02) },
      { metric: 'accuracy', ...OLD, times: before, values: before.map(() => 0.9) },
      { metric: 'accuracy', ...NEW, times: after, values: after.map((_, at) => 0.9 - at / 100) },
    ],
    drift: [
      {
        column: 'height',
        measure: 'psi',
        ...NEW,
        times: after,
        values: after.map(() => 0.01),
        drifted: after.map(() => false),
      },
      {
        column: 'age',
        measure: 'psi',
        ...NEW,
        times: after,
        values: drifting,
        drifted: drifting.map((value) => value > 0.3),
      },
      {
        column: 'age',
        measure: 'ks',
        ...NEW,
        times: after,
        values: drifting,
        drifted: drifting.map(() => false),
      },
    ],
    driftMeasures: [
      { name: 'psi', threshold: 0.2 },
      { name: 'ks', threshold: 0.1 },
    ],
    anomalies: [
      {
        detector: 'ewma',
        metric: 'accuracy',
        ...NEW,
        time: day(18),
        value: 0.82,
        reason: 'EWMA 0.84 outside 0.9',
      },
      {
        detector: 'som',
        metric: 'volume',
        ...NEW,
        time: day(12),
        value: 234,
        reason: 'far from every unit',
      },
    ],
    alerts: [alertOf(), alertOf({ id: 'a2', rule: 'accuracy < 0.5', state: 'ok', since: null })],
    limits: [
      { metric: 'psi(age)', rule: 'psi(age) > 0.2 for 3 windows', threshold: 0.2 },
      { metric: 'accuracy', rule: 'accuracy < 0.5', threshold: 0.5 },
    ],
    firedPeriods: [
      {
        metric: 'psi(age)',
        rule: 'psi(age) > 0.2 for 3 windows',
        ...NEW,
        start: day(13),
        end: day(20),
      },
    ],
    moves: [],
    versionStarts: [
      { ...OLD, time: day(0) },
      { ...NEW, time: day(10) },
    ],
    unknownLabels: 0,
    warnings: [],
    hint: '',
    state: 'one',
    ...given,
  };
}

export function distribution(given: Partial<Distribution> = {}): Distribution {
  return {
    column: 'age',
    version: 'churn@2',
    stage: 'prod',
    time: day(19),
    kind: 'number',
    edges: [18, 30, 65],
    categories: [],
    reference: [0.1, 0.3, 0.4, 0.2],
    current: [0, 0.1, 0.3, 0.6],
    rows: { reference: 5000, current: 234 },
    missing: { reference: 0.002, current: 0.125 },
    ...given,
  };
}
