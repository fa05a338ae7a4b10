import { expect, test } from 'vitest';

import { afterLook, readSeen } from '../../src/lab/unseen';

test('a registry that was never seen has nothing new', () => {
  expect(afterLook({}, 'a', 100_000, false)).toEqual({ a: 100_000 });
});

test('versions that arrive while the panel is hidden stay unseen until it is visible', () => {
  const hidden = afterLook({ a: 4 }, 'a', 6, false);
  expect(hidden).toEqual({ a: 4 });
  expect(afterLook(hidden, 'a', 6, true)).toEqual({ a: 6 });
});

test('after a deletion the next version is new', () => {
  expect(afterLook({ a: 4 }, 'a', 2, false)).toEqual({ a: 2 });
});

test('each registry has its own number, and the oldest are forgotten', () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`r${n}`, n]));
  const seen = afterLook(many, 'new', 1, true);
  expect(Object.keys(seen)).toHaveLength(200);
  expect(seen).not.toHaveProperty('r0');
  expect(Object.keys(afterLook(seen, 'r1', 5, true)).at(-1)).toBe('r1');
});

test('what was stored is checked', () => {
  expect(readSeen(undefined)).toEqual({});
  expect(readSeen({ a: 3, b: 'x', c: null, d: 1.5 })).toEqual({ a: 3 });
});
