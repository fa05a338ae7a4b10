import { beforeAll, describe, expect, test, vi } from 'vitest';

import { CONFIG, plainText } from '../../../src/view/charts/charts';
import { drawComparison } from '../../../src/view/tabs/compare';
import { metricHistoryFigure } from '../../../src/view/charts/metricHistory';
import { difference } from '../../../src/view/offline/diff';
import { families, seriesOf } from '../../../src/view/charts/families';
import { axesOf, barFigure, parallelFigure } from '../../../src/view/charts/compareCharts';
import type { History, Version } from '../../../src/view/data/answers';
import { sparkline } from '../../../src/view/charts/sparkline';
import { HOSTILE, rowOf, sourceOf, THEME, versionOf } from '../examples';

beforeAll(() => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
    },
  );
});

const version = (number: number, given: Partial<Version> = {}): Version =>
  versionOf(
    rowOf({
      number,
      metrics: [
        ['auc', 0.9 + number / 100],
        ['rows', 1000 * number],
      ],
    }),
    {
      params: [
        ['lr', String(10 ** -number)],
        ['penalty', number % 2 ? 'l1' : 'l2'],
        ['same', '1'],
      ],
      ...given,
    },
  );
const three = [1, 2, 3].map((number) => version(number));

const drawn = (
  versions: readonly Version[],
  diff = difference(versions[0]!, versions[1]!),
): Promise<HTMLElement> =>
  drawComparison(
    { source: sourceOf({ versions, diff }), open: () => undefined },
    versions.map((v) => v.row.ref),
  );
const headings = (root: Element): string[] =>
  [...root.querySelectorAll('h3')].map((each) => each.textContent);

describe('two versions', () => {
  test('are shown by section, with a sign for added and removed values', async () => {
    const before = version(1, {
      params: [
        ['gone', '1'],
        ['kept', '1'],
      ],
      cells: 'a\nb\n',
    });
    const after = version(2, {
      params: [
        ['kept', '2'],
        ['came', '1'],
      ],
      cells: 'a\nc\n',
    });
    const root = await drawn([before, after]);
    expect(headings(root)).toEqual(['Metrics', 'Metrics side by side', 'Parameters', 'Cells']);
    const table = root.querySelector('[aria-label="Changed parameters"]')!;
    const rows = [...table.querySelectorAll('tbody tr')].map((row) => [
      row.className,
      row.textContent,
    ]);
    expect(rows).toEqual([
      ['nbm-removed', '−gone1-'],
      ['nbm-changed', '~kept12+1'],
      ['nbm-added', '+came-1'],
    ]);
    expect(root.querySelector('.nbm-line-removed')!.textContent).toBe('-b\n');
    expect(root.querySelector('.nbm-line-added')!.textContent).toBe('+c\n');
    expect(root.querySelector('.nbm-compare-heading')!.textContent).not.toContain('shared');
  });

  test('that are equal are reported as equal', async () => {
    const root = await drawn([three[0]!, three[0]!]);
    expect(root.textContent).toContain('No differences.');
    expect(root.querySelector('table')).toBeNull();
  });

  test('show changed arrays and shared bytes', async () => {
    const given = difference(three[0]!, three[1]!);
    const arrays = [{ path: 'coef_', shape: '(1, 3)', change: '3 of 3 changed' }];
    const root = await drawn(three.slice(0, 2), {
      ...given,
      arrays,
      sharedBytes: 1000,
      storedBytes: 4000,
    });
    expect(headings(root)).toContain('Inside the object');
    expect(root.textContent).toContain('1 KB of 4 KB shared');
  });

  test('with a thousand changes show them in parts', async () => {
    const params = (value: string): Array<[string, string]> =>
      Array.from({ length: 1000 }, (_, index) => [`p${index}`, value]);
    const root = await drawn([
      version(1, { params: params('1') }),
      version(2, { params: params('2') }),
    ]);
    const table = root.querySelector('[aria-label="Changed parameters"]')!;
    expect(table.querySelectorAll('tbody tr')).toHaveLength(12);
    const section = table.closest('section')!;
    section.querySelector<HTMLButtonElement>('.nbm-more')!.click();
    expect(table.querySelectorAll('tbody tr')).toHaveLength(212);
  });

  test('show hostile text as text', async () => {
    const evil = version(2, { params: [[HOSTILE, HOSTILE]], cells: `${HOSTILE}\n` });
    const root = await drawn([version(1), evil]);
    expect(root.textContent).toContain('<img src=x onerror=');
    expect(root.querySelector('img, script')).toBeNull();
  });
});

describe('several versions', () => {
  test('have axes, bars and the parameters that differ', async () => {
    const root = await drawn(three);
    expect(headings(root)).toEqual([
      'Parameters and metrics that differ',
      'Metrics side by side',
      'Metrics',
      'Parameters that differ',
    ]);
    const rows = [...root.querySelectorAll('[aria-label="parameters that differ"] tbody th')];
    expect(rows.map((row) => row.textContent)).toEqual(['lr', 'penalty']);
  });

  test('without numbers have no charts', async () => {
    const bare = [1, 2, 3].map((number) => versionOf(rowOf({ number })));
    const root = await drawn(bare);
    expect(headings(root)).toEqual([]);
    expect(root.textContent).toContain('The parameters are the same in all of them.');
  });

  test('are not compared if only one is chosen', async () => {
    expect((await drawn([three[0]!], difference(three[0]!, three[0]!))).textContent).toContain(
      'two or more versions',
    );
  });
});

describe('axes', () => {
  test('are the numbers that differ, logarithmic for a wide range', () => {
    const axes = axesOf(three);
    expect(axes.map(({ name }) => name)).toEqual(['lr', 'auc', 'rows']);
    expect([0.1, 0.01, 0.001].map((value) => axes[0]!.place(value))).toEqual([
      1,
      expect.closeTo(0.5),
      0,
    ]);
    expect(axes[0]!.value(0.5)).toBeCloseTo(0.01);
    expect(axes[1]!.value(0)).toBeCloseTo(0.91);
  });

  test('are twelve at most', () => {
    const many = [1, 2].map((number) =>
      version(number, {
        params: Array.from({ length: 1000 }, (_, i) => [`p${i}`, String(number)]),
      }),
    );
    expect(axesOf(many)).toHaveLength(12);
    expect(axesOf(many).at(-1)!.name).toBe('rows');
  });

  test('leave a gap where a version has no number', () => {
    const odd = [
      ...three,
      versionOf(rowOf({ number: 4, metrics: [['auc', 'Infinity']] }), { params: [['lr', 'nan']] }),
    ];
    const { data } = parallelFigure(axesOf(odd), odd, THEME);
    expect(data.map((trace) => (trace as { y: unknown[] }).y).at(-1)).toEqual([null, null, null]);
  });
});

describe('scales', () => {
  test('that differ by more than ten times have separate axes', () => {
    const series = seriesOf([
      [
        ['auc', 0.9],
        ['rows', 5000],
        ['f1', 0.2],
        ['none', 'NaN'],
        ['zero', 0],
      ],
      [
        ['auc', 'Infinity'],
        ['rows', 10],
      ],
    ]);
    const names = families(series).map((group) => group.map(({ name }) => name));
    expect(names).toEqual([['auc', 'f1', 'none', 'zero'], ['rows']]);
  });

  test('of bars have one axis each, side by side', () => {
    const groups = families(seriesOf(three.map(({ row }) => row.metrics)));
    const { layout } = barFigure(groups, three, THEME);
    const [first, second] = [layout.xaxis!.domain!, layout.xaxis2!.domain!];
    expect(first[1]!).toBeLessThan(second[0]!);
    expect(second[1]!).toBeLessThanOrEqual(1);
  });
});

describe('histories of metrics', () => {
  const base = rowOf({
    number: 1,
    metrics: [
      ['auc', 0.8],
      ['n', 500],
    ],
  });
  const side = rowOf({
    branch: 'exp',
    number: 2,
    parents: [base.commit],
    metrics: [['auc', 0.85]],
  });
  const next = rowOf({
    number: 2,
    parents: [base.commit],
    metrics: [
      ['auc', 'NaN'],
      ['n', 600],
    ],
    stages: ['prod'],
  });
  const move = {
    stage: 'prod',
    ref: '',
    removed: false,
    time: 1,
    author: '',
    message: '',
    rolledBack: false,
  };
  const history: History = {
    model: 'churn',
    versions: [base, side, next],
    branches: ['main', 'exp'],
    moves: [
      { ...move, commit: base.commit },
      { ...move, commit: next.commit },
    ],
    hasMore: false,
  };
  const groups = families(seriesOf(history.versions.map(({ metrics }) => metrics)));
  const figure = metricHistoryFigure(groups, history, next.commit, THEME);

  test('start a branch at its origin, and leave gaps', () => {
    const traces = figure.data as Array<{
      name: string;
      x: number[];
      y: unknown[];
      showlegend: boolean;
    }>;
    const auc = traces.filter(({ name }) => name === 'auc').map(({ x, y }) => [x, y]);
    expect(auc).toEqual([
      [
        [0, 2],
        [0.8, null],
      ],
      [
        [0, 1, null],
        [0.8, 0.85, null],
      ],
    ]);
    expect(traces.map(({ showlegend }) => showlegend)).toEqual([true, false, true, false]);
  });

  test('name current and former stages', () => {
    const labels = figure.layout.annotations!.map(({ x, text: words }) => [x, words]);
    expect(labels).toEqual([
      [0, '(prod)'],
      [2, 'prod'],
    ]);
  });
});

describe('sparklines and texts', () => {
  test('a line breaks where there is no number', () => {
    const picture = sparkline([1, 2, 'NaN', 4], 'auc');
    expect(picture.querySelector('path')!.getAttribute('d')!.match(/M/g)).toHaveLength(2);
    expect(picture.getAttribute('aria-label')).toBe('auc: from 1 to 4, 4 versions');
    expect(sparkline([], 'auc').getAttribute('aria-label')).toBe('auc: no values');
    expect(sparkline(['NaN'], 'auc').querySelector('circle')).toBeNull();
    expect(sparkline([5, 5], 'auc').querySelector('path')!.getAttribute('d')).toBe('M2 8L62 8');
  });

  test('plotly offers no upload of a chart', () => {
    expect(CONFIG.showSendToCloud).toBe(false);
    expect(CONFIG.plotlyServerURL).toBe('');
    expect(CONFIG.displayModeBar).toBe(false);
  });

  test('texts for plotly contain no markup and no TeX', () => {
    expect(plainText('<b>&amp;$x$')).toBe('&lt;b&gt;&amp;amp;&#36;x&#36;');
  });
});
