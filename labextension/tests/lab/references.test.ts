import { describe, expect, test } from 'vitest';

import { isMagicLine, referencesIn } from '../../src/lab/references';

const refs = (line: string): string[] => referencesIn(line).map(({ ref }) => ref);

describe('lines of our magics', () => {
  test.each([
    '%model_checkout churn@3',
    '  %model_log churn',
    'old = %model_checkout churn@3',
    'a, b = %model_diff churn@1 churn@2',
    '%%model_work',
    '!nbmodel show churn@3',
    '%model_list',
  ])('%s', (line) => {
    expect(isMagicLine(line)).toBe(true);
  });

  test.each([
    'mail = "ann@3"',
    '# %model_checkout churn@3',
    'x @ y',
    '%matplotlib inline',
    '%model checkout churn@3',
    'print("%model_checkout churn@3")',
    '@decorator',
    '',
  ])('not: %s', (line) => {
    expect(isMagicLine(line)).toBe(false);
  });
});

describe('references', () => {
  test.each([
    ['%model_checkout churn@3', ['churn@3']],
    ['%model_diff churn@prod churn#prod', ['churn@prod', 'churn#prod']],
    ['%model_show churn:exp@latest~1', ['churn:exp@latest~1']],
    ['%model_show churn~2', ['churn~2']],
    ['%model_show churn@v1.2.0-rc.1', ['churn@v1.2.0-rc.1']],
    ['%model_show churn@3f9c2ab', ['churn@3f9c2ab']],
    ['%model_commit clf --uses=price@2 --uses "churn@1"', ['price@2', 'churn@1']],
    ['%model_promote churn@3 prod', ['churn@3']],
  ])('%s', (line, expected) => {
    expect(refs(line)).toEqual(expected);
  });

  test.each([
    '%model_log churn',
    '%model_commit clf -m "better than churn@2"',
    "%model_commit clf -m 'as good as churn@2'",
    '%model_alert churn --notify mailto:ann@example.org',
    '%model_alert churn --notify mail:ann@localhost',
    '%model_init https://ann@example.org/models.git',
    '%model_commit clf --metric auc=0.5',
    '%model_commit clf -m "not closed churn@2',
    '%model_show churn@',
    '%model_show @3',
  ])('none: %s', (line) => {
    expect(refs(line)).toEqual([]);
  });

  test('have positions in the line', () => {
    const line = 'x = %model_checkout  --uses="churn@3" price#prod';
    const found = referencesIn(line).map(({ from, to }) => line.slice(from, to));
    expect(found).toEqual(['churn@3', 'price#prod']);
  });

  test('of a very long line end at a limit', () => {
    const began = performance.now();
    expect(refs(`%model_show ${'"a\\" '.repeat(100_000)}`)).toEqual([]);
    expect(refs(`%model_show ${'a-'.repeat(100_000)}@3`)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
