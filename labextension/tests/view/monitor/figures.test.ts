import { describe, expect, it } from 'vitest';

import { exponentialAverage, movingAverage } from '../../../src/view/monitor/averages';
import { labels } from '../../../src/view/monitor/axes';
import {
  fittingWindow,
  memoryOf,
  modelOf,
  startSelection,
} from '../../../src/view/monitor/selection';
import { metricFigure } from '../../../src/view/monitor/metricChart';
import { figure, names, percent } from '../../../src/view/monitor/distribution';
import {
  measuresOf,
  driftMatrix,
  levelOf,
  MAX_WINDOWS,
} from '../../../src/view/monitor/driftMatrix';
import {
  withGaps,
  keyOf,
  thresholdOf,
  linesOf,
  metricsOf,
  defaultMetric,
} from '../../../src/view/monitor/series';
import { marksOf } from '../../../src/view/monitor/stageMarks';
import {
  durationText,
  minute,
  parseDuration,
  windowName,
} from '../../../src/view/monitor/timeFormat';
import { metricAltText } from '../../../src/view/monitor/altText';
import type { StageMove } from '../../../src/view/data/answers';
import type { MonitorReport } from '../../../src/view/data/monitorReport';
import { THEME } from '../examples';
import { HOSTILE, ScriptedSource } from '../fixtures';
import { DAY, day, distribution, monitoring } from './fixtures';

const NEW = keyOf({ version: 'churn@2', stage: 'prod' });
const look = { metric: 'accuracy', hidden: [], averages: [], span: 3 };

describe('times', () => {
  it.each([
    ['1h', 3600],
    ['7d', 7 * DAY],
    ['90 s', 90],
    ['2013-04-01', null],
    ['', null],
  ])('%s lasts %s seconds', (span, wanted) => expect(parseDuration(span)).toBe(wanted));

  it('are named in UTC, days without the time of day', () => {
    expect(windowName(day(1), DAY)).toBe('2013-04-02');
    expect(windowName(day(1) + 3600, 3600)).toBe('2013-04-02 01:00');
    expect(minute(1e13)).toBe('@10000000000000');
  });

  it('are written in the largest unit that fits', () =>
    expect([3600, DAY, 14 * DAY, 90].map(durationText)).toEqual([
      'hour',
      'day',
      '2 weeks',
      '90 seconds',
    ]));
});

describe('averages', () => {
  it('go over the last values, over fewer at the beginning', () =>
    expect(movingAverage([1, 2, 3, 4, 8], 3)).toEqual([1, 1.5, 2, 3, 5]));

  it('weigh older values exponentially less', () =>
    expect(exponentialAverage([1, 3, 3], 3)).toEqual([1, 2, 2.5]));

  it('skip values that are not numbers', () => {
    expect(movingAverage([1, NaN, 3], 3)).toEqual([1, NaN, 2]);
    expect(exponentialAverage([NaN, 1, NaN, 3], 3)).toEqual([NaN, 1, NaN, 2]);
  });
});

describe('lines', () => {
  it('exist for each version and stage', () =>
    expect(linesOf(monitoring(), 'accuracy').map(({ version }) => version)).toEqual([
      'churn@1',
      'churn@2',
    ]));

  it('can show a drift measure with its threshold', () => {
    expect(linesOf(monitoring(), 'psi(age)')).toHaveLength(1);
    expect(thresholdOf(monitoring(), 'psi(age)')).toBe(0.2);
    expect(thresholdOf(monitoring(), 'accuracy')).toBeNull();
  });

  it('start with the preferred metric, without volume', () => {
    expect(metricsOf(monitoring())).toEqual(['latency_p99', 'accuracy']);
    expect(defaultMetric(monitoring())).toBe('accuracy');
    expect(defaultMetric(monitoring({ timeSeries: [] }))).toBe('');
  });

  it('have gaps where windows are missing', () => {
    const line = {
      version: 'churn@1',
      stage: '',
      times: [day(0), day(1), day(4)],
      values: [1, 2, 3],
    };
    expect(withGaps(line, DAY).values).toEqual([1, 2, NaN, 3]);
  });
});

const move = (given: Partial<StageMove>): StageMove => ({
  stage: 'prod',
  commit: 'c'.repeat(40),
  ref: 'churn@2',
  removed: false,
  time: day(10) + 600,
  author: 'Ann',
  message: 'better',
  rolledBack: false,
  ...given,
});

describe('marks', () => {
  it('join a move and the start of its version within a window', () => {
    const marks = marksOf(monitoring({ moves: [move({})] }));
    expect(marks.map(({ label }) => label)).toEqual(['@1 in prod', '@2 prod']);
    expect(marks[1]!.text).toBe('churn@2 became prod, 2013-04-11 00:10 (Ann: better)');
  });

  it('stay apart for a longer time or different versions', () => {
    expect(marksOf(monitoring({ moves: [move({ time: day(13) })] }))).toHaveLength(3);
    expect(marksOf(monitoring({ moves: [move({ ref: 'churn@3' })] }))).toHaveLength(3);
  });

  it('name removed and restored stages', () => {
    const moves = [move({ removed: true }), move({ ref: '', rolledBack: true, time: day(12) })];
    expect(marksOf(monitoring({ moves, versionStarts: [] })).map(({ label }) => label)).toEqual([
      'no prod',
      '↩ ccccccc prod',
    ]);
  });

  it('have labels on several levels, and none without space', () => {
    const mark = { time: 5, label: 'x'.repeat(20), text: '', rolledBack: false };
    expect(labels([mark, mark, mark, mark], [0, 10]).map(({ level }) => level)).toEqual([0, 1, 2]);
  });
});

describe('the chart over time', () => {
  const titles = (given: MonitorReport, more = {}): unknown[] =>
    metricFigure(given, { ...look, ...more }, THEME).data.map(({ name }) => name);

  it('has rows, lines, anomalies of both, and stage moves', () =>
    expect(titles(monitoring())).toEqual([
      'churn@1 #prod',
      'churn@2 #prod',
      'churn@1 #prod',
      'churn@2 #prod',
      'anomaly',
      'anomaly',
      'stages',
    ]));

  it('draws averages over the lines', () =>
    expect(titles(monitoring(), { averages: ['moving', 'exponential'] })).toHaveLength(11));

  it('marks a point of several detectors once, and no hidden detector', () => {
    const given = monitoring();
    const twice = [given.anomalies[0]!, { ...given.anomalies[0]!, detector: 'som' }];
    const marked = (hidden: string[]): unknown =>
      metricFigure({ ...given, anomalies: twice }, { ...look, hidden }, THEME).data.find(
        ({ name }) => name === 'anomaly',
      );
    expect(marked([])).toMatchObject({ y: [0.82] });
    expect(JSON.stringify(marked([]))).toContain('som: EWMA 0.84');
    expect(JSON.stringify(marked(['som']))).not.toContain('som: EWMA 0.84');
    expect(marked(['som', 'ewma'])).toMatchObject({ y: [] });
  });

  it('draws the threshold of a measure', () =>
    expect(
      JSON.stringify(metricFigure(monitoring(), { ...look, metric: 'psi(age)' }, THEME).layout),
    ).toContain('threshold 0.2'));

  it('has a text alternative', () => {
    const said = metricAltText(monitoring(), look);
    expect(said).toContain('churn@2 #prod: from 0.9 on 2013-04-11 to 0.81 on 2013-04-20');
    expect(said).toContain('accuracy 0.82 on 2013-04-19 is an anomaly by ewma');
  });

  it('shows hostile text as text', () => {
    const given = monitoring();
    const anomalies = [{ ...given.anomalies[0]!, why: HOSTILE, detector: HOSTILE }];
    const moves = [move({ author: HOSTILE, message: HOSTILE, stage: HOSTILE })];
    const courses = given.timeSeries.map((each) => ({
      ...each,
      version: HOSTILE,
      metric: 'accuracy',
    }));
    const all = { ...given, anomalies, moves, courses };
    expect(JSON.stringify(metricFigure(all, look, THEME))).not.toMatch(/<(img|script)/);
  });
});

describe('the matrix of drift', () => {
  it('has the worst column first, and a cell for each window', () => {
    const heat = driftMatrix(monitoring(), 'psi', NEW);
    expect(heat.rows.map(({ column }) => column)).toEqual(['age', 'height']);
    expect(heat.times).toHaveLength(10);
    expect(heat.rows[0]!.cells.at(-1)).toEqual({ value: 0.9, drifted: true, level: 5 });
  });

  it('shows windows without rows as not evaluated', () => {
    const given = monitoring();
    const drift = [{ ...given.drift[0]!, times: [day(0), day(3)], values: [0.1, 0.1] }];
    const { rows } = driftMatrix({ ...given, drift }, 'psi', NEW);
    expect(rows[0]!.cells.map((cell) => cell !== null)).toEqual([true, false, false, true]);
  });

  it('has the newest windows only', () => {
    const given = monitoring();
    const times = Array.from({ length: MAX_WINDOWS + 10 }, (_, at) => day(at));
    const drift = [{ ...given.drift[0]!, times, values: times.map(() => 0.1) }];
    const heat = driftMatrix({ ...given, drift }, 'psi', NEW);
    expect([heat.times.length, heat.omitted, heat.times.at(-1)]).toEqual([
      MAX_WINDOWS,
      10,
      times.at(-1),
    ]);
  });

  it.each([
    [0, 0],
    [0.05, 1],
    [0.2, 3],
    [0.79, 4],
    [Infinity, 5],
  ])('%s of a limit of 0.2 is level %s', (value, level) => expect(levelOf(value, 0.2)).toBe(level));

  it('has only the last step for a threshold of zero', () =>
    expect([levelOf(0, 0), levelOf(0.1, 0)]).toEqual([0, 5]));

  it('offers the measures with values', () =>
    expect(measuresOf(monitoring(), NEW)).toEqual(['psi', 'ks']));
});

describe('a distribution', () => {
  it('names the bins of a number by their edges', () =>
    expect(names(distribution())).toEqual(['below 18', '18 to 30', '30 to 65', '65 or more']));

  it('names categories', () => {
    const categories = ['a', HOSTILE, 'others'];
    const given = distribution({ kind: 'category', edges: [], categories, reference: [1, 0, 0] });
    expect(names(given)).toEqual(categories);
    expect(JSON.stringify(figure({ ...given, current: [0, 1, 0] }, THEME))).not.toMatch(
      /<(img|script)/,
    );
  });

  it('places edges between bars of equal width', () => {
    const { data, layout } = figure(distribution(), THEME);
    expect(layout.xaxis).toMatchObject({ tickvals: [0.5, 1.5, 2.5], ticktext: ['18', '30', '65'] });
    expect(data).toMatchObject([{ y: [0.1, 0.3, 0.4, 0.2] }, { y: [0, 0.1, 0.3, 0.6] }]);
  });

  it('writes shares as percentages', () =>
    expect([0, 0.0001, 0.125, 1, undefined].map(percent)).toEqual([
      '0%',
      'less than 0.1%',
      '12.5%',
      '100%',
      'unknown',
    ]));
});

describe('choices', () => {
  it('are kept by source and model', () => {
    const source = new ScriptedSource({});
    startSelection(source, { ref: 'churn#prod', since: '7d' });
    expect(memoryOf(source, 'churn').selection.query).toEqual({
      ref: 'churn#prod',
      since: '7d',
    });
    expect(memoryOf(source, 'price').selection.query.ref).toBe('price');
    expect(memoryOf(new ScriptedSource({}), 'churn').selection.query.ref).toBe('churn');
  });

  it.each(['churn', 'churn#prod', 'churn:exp@2~1', 'churn~1'])('%s is of churn', (ref) =>
    expect(modelOf(ref)).toBe('churn'),
  );

  it('take windows that fit the span', () => {
    const windows = ['1h', '1d', '1w'];
    expect(fittingWindow('24h', '1d', windows)).toBe('1h');
    expect(fittingWindow('30d', '1w', windows)).toBe('1w');
    expect(fittingWindow('7d', '1w', windows)).toBe('1d');
    expect(fittingWindow('', '1w', windows)).toBe('1w');
  });
});
