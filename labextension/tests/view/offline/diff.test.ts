import { describe, expect, test } from 'vitest';

import { difference } from '../../../src/view/offline/diff';
import { rowOf, versionOf } from '../examples';

const before = versionOf(
  rowOf({
    number: 1,
    metrics: [
      ['auc', 0.91],
      ['loss', 'NaN'],
      ['old', 1],
    ],
    summary: 'A',
  }),
  {
    params: [
      ['C', '0.1'],
      ['penalty', 'l2'],
      ['n', '100'],
      ['gone', 'True'],
      ['same', '1.0'],
    ],
    tags: [['team', '1.0']],
    counts: [['trees', 10]],
    inputs: [{ name: 'x', dtype: 'float64', shape: [-1, 3] }],
    environment: [
      ['python', '3.11.2'],
      ['nbmodel', '0.1.0'],
      ['numpy', '2.0'],
    ],
    profile: {
      rows: 100,
      fingerprint: 'aa',
      columns: [
        {
          name: 'x',
          dtype: 'float64',
          kind: 'number',
          missing: 0,
          min: 1,
          max: null,
          mean: 0.123456,
        },
        { name: 'id', dtype: 'int64', kind: 'number', missing: 0, min: 1, max: 5_000_000_000 },
      ],
    },
    cells: '# %% [1]\na = 1\nb = 2\nc = 3\nd = 4\n',
  },
);
const after = versionOf(
  rowOf({
    number: 2,
    metrics: [
      ['auc', 0.93],
      ['loss', 'NaN'],
      ['new', 'Infinity'],
    ],
    summary: 'B',
  }),
  {
    params: [
      ['C', '1e-05'],
      ['penalty', 'l1'],
      ['n', '250'],
      ['same', '1.0'],
    ],
    tags: [['team', '2.0']],
    counts: [['trees', 25]],
    inputs: [{ name: 'x', dtype: 'float64', shape: [-1, 4] }],
    environment: [
      ['python', '3.11.2'],
      ['nbmodel', '0.2.0'],
      ['numpy', '2.1'],
    ],
    profile: {
      rows: 120,
      fingerprint: 'bb',
      columns: [
        { name: 'x', dtype: 'float64', kind: 'number', missing: 2, min: 1, max: 3, mean: 0.2 },
        { name: 'id', dtype: 'int64', kind: 'number', missing: 0, min: 1, max: 5_000_000_001 },
      ],
    },
    cells: '# %% [1]\na = 1\nb = 2\nc = 3\nd = 5\n',
  },
);

const changesOf = (title: string): string[][] =>
  difference(before, after)
    .sections.find((section) => section.title === title)!
    .changes.map((change) => [change.name, change.before, change.after, change.note]);

describe('a difference made in the page', () => {
  test('has the sections of the verb, in its order', () => {
    expect(difference(before, after).sections.map(({ title }) => title)).toEqual([
      'object',
      'metrics',
      'parameters',
      'tags',
      'counts',
      'signature',
      'data',
      'environment',
    ]);
  });

  test('treats NaN as equal, and lists values that only one version has', () => {
    expect(changesOf('metrics')).toEqual([
      ['auc', '0.91', '0.93', '+0.02'],
      ['old', '1', '-', ''],
      ['new', '-', 'inf', ''],
    ]);
  });

  test('subtracts parameters that are numbers', () => {
    expect(changesOf('parameters')).toEqual([
      ['C', '0.1', '1e-05', '-0.09999'],
      ['penalty', 'l2', 'l1', ''],
      ['n', '100', '250', '+150'],
      ['gone', 'True', '-', ''],
    ]);
  });

  test('compares texts that look like numbers as texts', () => {
    expect(changesOf('tags')).toEqual([['team', '1.0', '2.0', '']]);
    expect(changesOf('environment')).toEqual([['numpy', '2.0', '2.1', '']]);
  });

  test('writes aggregates as Python does', () => {
    expect(changesOf('data')).toEqual([
      ['rows', '100', '120', '+20'],
      ['fingerprint', 'aa', 'bb', ''],
      ['x missing', '0', '2', '+2'],
      ['x mean', '0.1235', '0.2', '+0.07654'],
      ['x max', 'None', '3', ''],
      ['id max', '5000000000', '5000000001', '+1'],
    ]);
    expect(changesOf('signature')).toEqual([['input x', 'float64[-1, 3]', 'float64[-1, 4]', '']]);
    expect(changesOf('object')).toEqual([['summary', 'A', 'B', '']]);
  });

  test('shows cells with two lines around each change', () => {
    expect(difference(before, after).cells).toEqual([
      '--- churn@1',
      '+++ churn@2',
      '@@ -3,3 +3,3 @@',
      ' b = 2',
      ' c = 3',
      '-d = 4',
      '+d = 5',
    ]);
  });

  test('writes empty ranges as difflib does', () => {
    const empty = versionOf(rowOf({ number: 3 }));
    const one = versionOf(rowOf({ number: 4 }), { cells: 'a = 1' });
    expect(difference(empty, one).cells.slice(2)).toEqual(['@@ -0,0 +1 @@', '+a = 1']);
    expect(difference(one, empty).cells.slice(2)).toEqual(['@@ -1 +0,0 @@', '-a = 1']);
  });

  test('of a version to itself is empty, and only then the shared bytes are known', () => {
    const none = difference(before, before);
    expect([none.sections, none.cells, none.arrays, none.sharedBytes]).toEqual([
      [],
      [],
      null,
      4096,
    ]);
    expect(difference(before, after).sharedBytes).toBeNaN();
  });
});
