import { beforeAll, describe, expect, test, vi } from 'vitest';

import { CONFIG, plainText } from '../../../src/view/charts/charts';
import { drawComparison } from '../../../src/view/tabs/compare';
import { metricHistoryFigure } from '../../../src/view/charts/metricHistory';
import { difference } from '../../../src/view/offline/diff';
import { families, seriesOf } from '../../../src/view/charts/families';
import { parallelFigure } from '../../../src/view/charts/compareCharts';
import { rangeOf } from '../../../src/view/charts/metricDots';
import { axesOf, NO_VALUE } from '../../../src/view/charts/parallelAxes';
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
    {
      source: sourceOf({ versions, diff }),
      directions: { auc: 'higher', loss: 'lower' },
      open: () => undefined,
    },
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

describe('metrics of two versions', () => {
  const pair = [
    version(1, {
      row: rowOf({
        number: 1,
        metrics: [
          ['auc', 0.9914],
          ['loss', 0.2],
          ['odd', 1],
          ['f', 1],
        ],
      }),
    }),
    version(2, {
      row: rowOf({
        number: 2,
        metrics: [
          ['auc', 0.9956],
          ['loss', 0.3],
          ['odd', 2],
          ['f', 1],
        ],
      }),
    }),
  ];

  test('say what is better and worse by what each metric wants', async () => {
    const root = await drawn(pair);
    expect(root.querySelector('.nbm-verdict')!.textContent).toBe(
      'Better: aucWorse: lossUnchanged: fNot judged: odd',
    );
    const rows = [...root.querySelectorAll('[aria-label="metrics"] tbody tr')].map((row) => [
      row.querySelector('th')!.textContent,
      row.lastElementChild!.className,
      row.lastElementChild!.textContent,
    ]);
    expect(rows).toEqual([
      ['auchigher is better', 'nbm-num nbm-better', '+0.0042 better'],
      ['losslower is better', 'nbm-num nbm-worse', '+0.1 worse'],
      ['odd', 'nbm-num nbm-unknown', '+1 '],
      ['f', 'nbm-num nbm-same', '0 '],
    ]);
  });

  test('are written with the digits that tell them apart', async () => {
    const close = [0.9991231, 0.9991239].map((auc, index) =>
      version(index + 1, { row: rowOf({ number: index + 1, metrics: [['auc', auc]] }) }),
    );
    const cells = [...(await drawn(close)).querySelectorAll('[aria-label="metrics"] td')];
    expect(cells.slice(0, 2).map((cell) => cell.textContent)).toEqual(['0.999123', '0.999124']);
  });

  test('have a color that a name of an object does not choose', async () => {
    const evil = [1, 2].map((number) =>
      version(number, { row: rowOf({ number, metrics: [['constructor', number]] }) }),
    );
    const root = await drawn(evil);
    expect(root.querySelector('.nbm-verdict')!.textContent).toBe('Not judged: constructor');
  });
});

describe('parameters of two versions', () => {
  test('that have default values in both are folded', async () => {
    const trees = version(1, {
      params: [
        ['depth', '3'],
        ['gamma', 'None'],
        ['booster', 'None'],
      ],
      defaults: ['gamma', 'booster'],
    });
    const linear = version(2, { params: [['C', '0.1']] });
    const root = await drawn([trees, linear]);
    const names = (label: string): string[] =>
      [...root.querySelectorAll(`[aria-label="${label}"] tbody th`)].map((th) => th.textContent);
    expect(names('Changed parameters')).toEqual(['depth', 'C']);
    expect(names('Changed default values')).toEqual(['gamma', 'booster']);
    expect(root.querySelector('details')!.open).toBe(false);
  });
});

describe('several versions', () => {
  test('mark the best value of each metric whose direction is known', async () => {
    const root = await drawn(three);
    const best = [...root.querySelectorAll('[aria-label="metrics"] .nbm-best')];
    expect(best.map((cell) => cell.textContent)).toEqual(['0.93 (best)']);
  });

  test('have axes, bars and the parameters that differ', async () => {
    const root = await drawn(three);
    expect(headings(root)).toEqual([
      'Metrics',
      'Metrics side by side',
      'Parameters and metrics that differ',
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
  const placesOf = (versions: readonly Version[]) =>
    Object.fromEntries(axesOf(versions).map(({ name, places }) => [name, places]));

  test('are what differs, logarithmic for a wide range, and with a place for each text', () => {
    const axes = axesOf(three);
    expect(axes.map(({ name }) => name)).toEqual(['lr', 'penalty', 'auc', 'rows']);
    expect(axes[0]!.places).toEqual([1, expect.closeTo(0.5), 0]);
    expect(axes[0]!.ticks.map(({ text }) => text)).toEqual(['0.001', '0.01', '0.1']);
    expect(axes[1]!.places).toEqual([0, 1, 0]);
    expect(axes[1]!.ticks.map(({ text }) => text)).toEqual(['l1', 'l2']);
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

  test('have a place for None and for versions without the parameter, so that lines stay', () => {
    const depth = (number: number, params: Version['params']): Version =>
      versionOf(rowOf({ number }), { params });
    const given = [
      depth(1, [['depth', 'None']]),
      depth(2, [['depth', '4']]),
      depth(3, [['depth', '8']]),
      depth(4, []),
    ];
    expect(placesOf(given)).toEqual({ depth: [NO_VALUE, 0, 1, NO_VALUE] });
    expect(axesOf(given)[0]!.ticks.at(-1)!.text).toBe('None, –');
    const { data } = parallelFigure(axesOf(given), given, THEME);
    expect(data.flatMap((trace) => (trace as { y: unknown[] }).y)).not.toContain(null);
    expect(placesOf(given.slice(0, 2))).toEqual({ depth: [NO_VALUE, 0.5] });
  });

  test('keep infinite metrics and missing ones', () => {
    const odd = [
      ...three,
      versionOf(rowOf({ number: 4, metrics: [['auc', 'Infinity']] }), { params: [['lr', 'nan']] }),
    ];
    const places = placesOf(odd);
    expect([places['lr']![3], places['auc']![3], places['rows']![3]]).toEqual([
      NO_VALUE,
      NO_VALUE,
      NO_VALUE,
    ]);
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

  test('of dots begin near the values, and at 0 only where that hides nothing', () => {
    const [low, high] = rangeOf([0.9914, 0.9956]);
    expect(low).toBeGreaterThan(0.99);
    expect(high).toBeLessThan(1);
    expect(rangeOf([1, 10])[0]).toBe(0);
    expect(rangeOf([-3, 5])[0]).toBeLessThan(-3);
    expect(rangeOf([0.5, 0.5])).toEqual([0.375, 0.625]);
    expect(rangeOf([0, 0])).toEqual([-0.25, 0.25]);
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
  const figure = metricHistoryFigure(groups, history, next.commit, THEME, 600);

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

  test.each([
    [320, [0, 13, 0]],
    [1200, [0, 0, 0]],
  ])('name stages on two levels where they would overlap, in %i pixels', (width, levels) => {
    const stages = ['north-east-of-town'];
    const versions = history.versions.map((version) => ({ ...version, stages }));
    const { layout } = metricHistoryFigure(groups, { ...history, versions }, '', THEME, width);
    expect(layout.annotations!.map(({ yshift }) => yshift)).toEqual(levels);
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
