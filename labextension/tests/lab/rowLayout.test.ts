import { describe, expect, test } from 'vitest';

import { layOut, type RowWidths } from '../../src/lab/rowLayout';

const ROW: RowWidths = { frame: 40, name: 100, chips: [40, 60, 50], spark: 40, value: 50 };
const WHOLE = 40 + 100 + 6 + 50 + 6 + (40 + 4 + 60 + 4 + 50) + 6 + 40;

describe('a line of the tree', () => {
  test('has everything if there is room', () => {
    expect(layOut(ROW, WHOLE)).toEqual({ hasTwoLines: false, chips: 3, hasSpark: true });
  });

  test('else has its chips in a second line, which leaves room for the sparkline', () => {
    expect(layOut(ROW, WHOLE - 1)).toEqual({ hasTwoLines: true, chips: 3, hasSpark: true });
  });

  test('then loses the sparkline', () => {
    expect(layOut(ROW, 241)).toEqual({ hasTwoLines: true, chips: 3, hasSpark: false });
    expect(layOut({ ...ROW, chips: [] }, 241).hasSpark).toBe(false);
  });

  test('then counts the chips that do not fit', () => {
    expect(layOut(ROW, 190)).toEqual({ hasTwoLines: true, chips: 2, hasSpark: false });
    expect(layOut(ROW, 170)).toEqual({ hasTwoLines: true, chips: 1, hasSpark: false });
    expect(layOut(ROW, 60)).toEqual({ hasTwoLines: true, chips: 1, hasSpark: false });
  });

  test('without chips never has a second line', () => {
    expect(layOut({ ...ROW, chips: [] }, 60).hasTwoLines).toBe(false);
  });

  test('leaves no room for columns that are empty', () => {
    const bare = { ...ROW, spark: 0, value: 0 };
    expect(layOut(bare, 40 + 100 + 6 + 158)).toEqual({
      hasTwoLines: false,
      chips: 3,
      hasSpark: false,
    });
  });
});
