import { describe, expect, test } from 'vitest';

import {
  delta,
  general,
  dateTime,
  number,
  size,
  parseNumber,
} from '../../../src/view/data/numbers';

describe('numbers are written as Python writes them', () => {
  // The right sides come from Python: f"{value:.4g}" and nbmodel.display.number.
  test.each([
    [0.1 + 0.2, '0.3'],
    [1.0625, '1.062'],
    [1.1875, '1.188'],
    [1000.5, '1000'],
    [0.00012345, '0.0001234'],
    [0.000012345, '1.234e-05'],
    [12345.678, '1.235e+04'],
    [9999.5, '1e+04'],
    [99995000, '1e+08'],
    [-0.5, '-0.5'],
    [1e300, '1e+300'],
    [5e-324, '4.941e-324'],
    [0, '0'],
    [NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])('%d', (value, text) => {
    expect(general(value)).toBe(text);
  });

  test('whole numbers below a billion are whole', () => {
    expect(number(123456789)).toBe('123456789');
    expect(number(1e9)).toBe('1e+09');
    expect(number('NaN')).toBe('NaN');
    expect(number('-Infinity')).toBe('-inf');
  });

  test('a change has its sign', () => {
    expect(delta(0.5, 0.75)).toBe('+0.25');
    expect(delta(3, 1)).toBe('-2');
    expect(delta('NaN', 1)).toBe('+nan');
    expect(delta(1, '-Infinity')).toBe('-inf');
  });

  test('bytes have three digits at most', () => {
    expect([0, 999, 1000, 14_321, 999_499, 999_500, 4.12e9, 5e15].map(size)).toEqual([
      '0 B',
      '999 B',
      '1 KB',
      '14.3 KB',
      '999 KB',
      '1 MB',
      '4.12 GB',
      '5000 TB',
    ]);
  });

  test('a time outside of the calendar stays a number', () => {
    expect(dateTime(1e18)).toBe('@1000000000000000000');
    expect(dateTime(1_700_000_000)).toMatch(/^2023-11-1[45] \d\d:\d\d$/);
  });

  test('only a text that spells a number is a number', () => {
    expect(parseNumber('1e-05')).toBe(1e-5);
    expect(parseNumber('-3')).toBe(-3);
    expect(parseNumber('nan')).toBeNaN();
    expect(['', 'l2', 'True', '0x10', '1_000', ' 1', 'None'].map(parseNumber)).toEqual(
      Array(7).fill(null),
    );
  });
});
