import { describe, expect, test } from 'vitest';

import { Tree, arrivals, keyOf, refreshed, step, typeAhead } from '../../src/lab/tree';
import { entry, row } from './fixtures';

const keys = (tree: Tree) => tree.items().map(({ key }) => key);

describe('lines', () => {
  test('models are sorted by name, with numbers by value, or by date', () => {
    const tree = new Tree();
    tree.models = [entry('m10', 3), entry('b', 9), entry('m9', 5)];
    expect(tree.items().map(({ name }) => name)).toEqual(['b', 'm9', 'm10']);
    tree.sort = 'date';
    expect(tree.items().map(({ name }) => name)).toEqual(['b', 'm9', 'm10']);
    tree.models = [entry('a', 1), entry('b', 2)];
    expect(tree.items().map(({ name }) => name)).toEqual(['b', 'a']);
  });

  test('models that a search has ordered keep its order', () => {
    const tree = new Tree();
    tree.ordered = true;
    tree.models = [entry('b', 1), entry('c', 3), entry('a', 2)];
    expect(tree.items().map(({ name }) => name)).toEqual(['b', 'c', 'a']);
  });

  test('one branch needs no line, two do', () => {
    const tree = new Tree();
    tree.models = [entry('one', 2), entry('two', 2, ['exp', 'main'])];
    tree.toggle(keyOf.model('one'));
    tree.toggle(keyOf.model('two'));
    tree.logs.set(keyOf.branch('one', 'main'), {
      rows: [row('one', 2), row('one', 1)],
      hasMore: false,
    });
    expect(tree.items().map(({ kind, level, name }) => [kind, level, name])).toEqual([
      ['model', 1, 'one'],
      ['version', 2, 'one@2'],
      ['version', 2, 'one@1'],
      ['model', 1, 'two'],
      ['branch', 2, 'exp'],
      ['branch', 2, 'main'],
    ]);
    expect(tree.openBranches()).toEqual([['one', 'main']]);
  });

  test('an unfinished branch ends in a line that loads more', () => {
    const tree = new Tree();
    tree.models = [entry('a', 40)];
    tree.toggle(keyOf.model('a'));
    expect(tree.items().at(-1)).toMatchObject({ kind: 'more', waiting: true });
    tree.logs.set(keyOf.branch('a', 'main'), { rows: [row('a', 40)], hasMore: true });
    expect(tree.items().at(-1)).toMatchObject({
      kind: 'more',
      waiting: false,
      position: 2,
      siblings: 2,
    });
  });

  test('open lines stay open while models are added and removed', () => {
    const tree = new Tree();
    tree.models = [entry('b')];
    tree.toggle(keyOf.model('b'));
    tree.models = [entry('a'), entry('b', 2)];
    expect(keys(tree)).toEqual([keyOf.model('a'), keyOf.model('b'), keyOf.more('b', 'main')]);
  });

  test('a version on two branches has two lines with different keys', () => {
    expect(keyOf.version('c', 'main')).not.toBe(keyOf.version('c', 'exp'));
  });
});

describe('a page that is loaded again', () => {
  const log = (numbers: number[], hasMore = false) => ({
    rows: numbers.map((n) => row('a', n)),
    hasMore,
  });

  test('keeps what was loaded below it', () => {
    const after = refreshed(log([3, 2, 1]), log([4, 3], true));
    expect(after.rows.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
    expect(after.hasMore).toBe(false);
  });

  test('replaces rows that have no version in common with it', () => {
    const page = log([9, 8], true);
    expect(refreshed(log([3]), page)).toBe(page);
    expect(refreshed(undefined, page)).toBe(page);
    expect(refreshed(log([3]), log([]))).toEqual(log([]));
  });

  test('reports new models, but not at the start', () => {
    expect(arrivals(log([1]), log([2, 1]))).toEqual([row('a', 2).commit]);
    expect(arrivals(undefined, log([2, 1]))).toEqual([]);
  });
});

describe('keys', () => {
  const tree = new Tree();
  tree.models = [entry('apple', 2), entry('avocado'), entry('banana')];
  tree.toggle(keyOf.model('apple'));
  tree.logs.set(keyOf.branch('apple', 'main'), {
    rows: [row('apple', 2), row('apple', 1)],
    hasMore: false,
  });
  const items = tree.items(); // apple, apple@2, apple@1, avocado, banana

  test.each([
    [0, 'ArrowDown', 1],
    [4, 'ArrowDown', 4],
    [0, 'ArrowUp', 0],
    [2, 'Home', 0],
    [2, 'End', 4],
    [0, 'ArrowRight', 1],
    [3, 'ArrowRight', 3],
    [2, 'ArrowLeft', 0],
    [3, 'ArrowLeft', 3],
    [0, 'PageDown', 4],
  ])('from %i by %s to %i', (from, key, to) => expect(step(items, from, key)).toBe(to));

  test('another key, or no line', () => {
    expect(step(items, 0, 'x')).toBeNull();
    expect(step([], 0, 'ArrowDown')).toBeNull();
  });

  test('typing moves to the next name that begins with the letters', () => {
    expect(typeAhead(items, 0, 'a')).toBe(1);
    expect(typeAhead(items, 3, 'a')).toBe(0);
    expect(typeAhead(items, 3, 'AV')).toBe(3);
    expect(typeAhead(items, 0, 'b')).toBe(4);
    expect(typeAhead(items, 0, 'z')).toBeNull();
  });
});
