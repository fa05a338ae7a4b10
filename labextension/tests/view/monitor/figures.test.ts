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
  joinCells,
  AS_SERVED,
} from '../../../src/view/monitor/driftMatrix';
import {
  withGaps,
  keyOf,
  thresholdOf,
  linesOf,
  metricsOf,
  defaultMetric,
} from '../../../src/view/monitor/series';
import { joined, valueRange } from '../../../src/view/monitor/limits';
import { readouts, windowsIn } from '../../../src/view/monitor/readout';
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

const OLD = keyOf({ version: 'churn@1', stage: 'prod' });
const NEW = keyOf({ version: 'churn@2', stage: 'prod' });
const look = { metric: 'accuracy', hidden: [], averages: [], span: 3, range: null };
const WHOLE = [day(0), day(20)] as const;

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

  it('keeps a label at the end of the chart inside of it', () => {
    const mark = { time: 10, label: '@3 prod', text: '', rolledBack: false };
    const named = labels([{ ...mark, time: 5 }, mark], [0, 10]);
    expect(named.map(({ isAtEnd }) => isAtEnd)).toEqual([false, true]);
  });
});

describe('the chart over time', () => {
  const titles = (given: MonitorReport, more = {}): unknown[] =>
    metricFigure(given, { ...look, ...more }, THEME).data.map(({ name }) => name);

  it('has rows, lines, anomalies of both, and stage moves', () =>
    expect(titles(monitoring())).toEqual([
      'churn@1 in prod',
      'churn@2 in prod',
      'churn@1 in prod',
      'churn@2 in prod',
      'anomaly',
      'anomaly',
      'stages',
      'window',
      'window',
    ]));

  it('draws averages over the lines', () =>
    expect(titles(monitoring(), { averages: ['moving', 'exponential'] })).toHaveLength(13));

  it('marks a point of several detectors once, and no hidden detector', () => {
    const given = monitoring();
    const twice = [given.anomalies[0]!, { ...given.anomalies[0]!, detector: 'som' }];
    const marked = (hidden: string[]): unknown =>
      metricFigure({ ...given, anomalies: twice }, { ...look, hidden }, THEME).data.find(
        ({ name }) => name === 'anomaly',
      );
    expect(marked([])).toMatchObject({ y: [0.82] });
    const said = (hidden: string[]): string =>
      JSON.stringify(readouts({ ...given, anomalies: twice }, { ...look, hidden }, [day(18)]));
    expect(said([])).toContain('(som): EWMA 0.84');
    expect(said(['som'])).not.toContain('(som): EWMA 0.84');
    expect(marked(['som', 'ewma'])).toMatchObject({ y: [] });
  });

  it('draws the threshold of a measure and the limit of a rule, once if they are equal', () => {
    const { layout } = metricFigure(monitoring(), { ...look, metric: 'psi(age)' }, THEME);
    const lines = layout.shapes?.filter(({ line }) => line?.dash === 'dash');
    expect(lines).toMatchObject([{ y0: 0.2, y1: 0.2, yref: 'y' }]);
    expect(JSON.stringify(layout.annotations)).toContain('threshold 0.2, alert psi(age)');
  });

  it('has titles on its axes, and a range that includes limits near the values', () => {
    const { layout } = metricFigure(monitoring(), look, THEME);
    expect(layout.xaxis?.title).toMatchObject({ text: 'time (UTC)' });
    expect(layout.yaxis?.title).toMatchObject({ text: 'accuracy' });
    expect(layout.yaxis2?.title).toMatchObject({ text: 'rows' });
    const [from, to] = layout.yaxis!.range as [number, number];
    expect(from).toBeLessThan(0.5);
    expect(to).toBeGreaterThan(0.9);
    expect(valueRange([0.9, 0.91], [0.1])![0]).toBeGreaterThan(0.8); // far away: at the edge
    expect(valueRange([], [])).toBeNull();
  });

  it('shades the periods in which an alert fired, and marks those of other metrics', () => {
    const shades = (metric: string): unknown =>
      metricFigure(monitoring(), { ...look, metric }, THEME)
        .layout.shapes!.filter(({ type }) => type === 'rect')
        .map(({ x0, x1, y1 }) => [x0, x1, y1]);
    expect(shades('psi(age)')).toEqual([['2013-04-14 00:00:00', '2013-04-21 00:00:00', 1]]);
    expect(shades('accuracy')).toEqual([['2013-04-14 00:00:00', '2013-04-21 00:00:00', 0.035]]);
  });

  it('joins periods that overlap, and tells of a window in which any of them began or ended', () => {
    const periods = [
      [4, 6],
      [1, 3],
      [5, 9],
      [9, 10],
    ].map(([from, to]) => ({
      ...monitoring().firedPeriods[0]!,
      rule: 'psi(*) > 0.2',
      start: day(from!),
      end: day(to!),
    }));
    expect(joined(periods)).toEqual([
      { start: day(1), end: day(3) },
      { start: day(4), end: day(10) },
    ]);
    const said = readouts(
      monitoring({ firedPeriods: periods }),
      look,
      windowsIn(WHOLE, monitoring()),
    );
    const fired = said.flatMap((lines, at) =>
      lines.some((l) => l.startsWith('alert')) ? [at] : [],
    );
    expect(fired).toEqual([1, 2, 4, 5, 6, 7, 8, 9]);
  });

  it('tells of each window its rows, values, alerts, anomalies and moves', () => {
    const starts = windowsIn(WHOLE, monitoring());
    const all = readouts(monitoring(), look, starts);
    expect(all).toHaveLength(20);
    expect(all[0]).toEqual([
      '2013-04-01, day',
      'churn@1 in prod: accuracy 0.9, 100 rows',
      'churn@1 began to answer for prod, 2013-04-01 00:00',
    ]);
    expect(all[18]).toEqual([
      '2013-04-19, day',
      'churn@2 in prod: accuracy 0.82, 234 rows',
      'alert fired: psi(age) > 0.2 for 3 windows',
      'anomaly of accuracy (ewma): EWMA 0.84 outside 0.9',
    ]);
    expect(readouts(monitoring({ timeSeries: [] }), look, [day(3)])[0]).toEqual([
      '2013-04-04, day',
      'no rows',
    ]);
  });

  it('shows whole windows of a range that was chosen', () => {
    const { layout } = metricFigure(
      monitoring(),
      { ...look, range: [day(3) + 7, day(5) - 7] },
      THEME,
    );
    expect(layout.xaxis?.range).toEqual(['2013-04-04 00:00:00', '2013-04-06 00:00:00']);
  });

  it('has a text alternative', () => {
    const said = metricAltText(monitoring(), look);
    expect(said).toContain('churn@2 in prod: from 0.9 on 2013-04-11 to 0.81 on 2013-04-20');
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
    const heat = driftMatrix(monitoring(), 'psi', NEW, WHOLE);
    expect(heat.rows.map(({ column }) => column)).toEqual(['age', 'height']);
    expect(heat.times).toHaveLength(20);
    expect(heat.rows[0]!.cells.at(-1)).toEqual({
      value: 0.9,
      drifted: true,
      level: 5,
      subject: NEW,
      time: day(19),
    });
  });

  it('shows windows without rows as not evaluated', () => {
    const given = monitoring();
    const drift = [{ ...given.drift[0]!, times: [day(0), day(3)], values: [0.1, 0.1] }];
    const { rows } = driftMatrix({ ...given, drift }, 'psi', NEW, [day(0), day(4)]);
    expect(rows[0]!.cells.map((cell) => cell !== null)).toEqual([true, false, false, true]);
  });

  it('shows whatever answered in each window', () => {
    const given = monitoring();
    const before = { ...given.drift[1]!, version: 'churn@1', times: [day(3), day(12)] };
    const heat = driftMatrix(
      { ...given, drift: [...given.drift, before] },
      'psi',
      AS_SERVED,
      WHOLE,
    );
    expect(heat.served).toEqual([...Array<string>(10).fill(OLD), ...Array<string>(10).fill(NEW)]);
    const subjects = heat.rows
      .find(({ column }) => column === 'age')!
      .cells.map((each) => each?.subject);
    expect(subjects.slice(2, 5)).toEqual([undefined, OLD, undefined]);
    expect(subjects.slice(10)).toEqual(Array(10).fill(NEW)); // churn@1 had no rows on day 12
  });

  it('joins windows that would be too narrow, and shows the worst of them', () => {
    const heat = joinCells(driftMatrix(monitoring(), 'psi', NEW, WHOLE), 7);
    expect(heat.times).toEqual([0, 3, 6, 9, 12, 15, 18].map(day));
    expect(heat.spans).toEqual([3, 3, 3, 3, 3, 3, 2]);
    expect(heat.served.slice(2, 5)).toEqual([OLD, NEW, NEW]);
    expect(heat.rows[0]!.cells.at(-1)).toMatchObject({ value: 0.9, time: day(19) });
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
