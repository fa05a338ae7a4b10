import { describe, expect, it } from 'vitest';

import type { Evaluation } from '../../../src/view/data/evaluation';
import { evaluationTab } from '../../../src/view/tabs/evaluation';
import { scaleOf } from '../../../src/view/tabs/evaluationNumbers';
import { contextOf, HOSTILE, rowOf, versionOf, type Asked } from '../examples';
import { comparisonOf, evaluationOf, metricOf, sliceOf } from './evaluations';

async function drawn(...evaluations: readonly Evaluation[]): Promise<[HTMLElement, Asked]> {
  const context = contextOf(versionOf(rowOf({ number: 4 }), { evaluations }));
  const element = await evaluationTab.draw(context);
  document.body.replaceChildren(element);
  return [element, context];
}

const texts = (root: Element, selector: string): string[] =>
  [...root.querySelectorAll(selector)].map((each) => each.textContent);

const cells = (root: Element, label: string): string[][] =>
  [...root.querySelectorAll(`table[aria-label="${label}"] tbody tr`)].map((row) =>
    texts(row, 'th, td'),
  );

describe('the tab Evaluation', () => {
  it('says how to evaluate a version without an evaluation', async () => {
    const [element] = await drawn();
    expect(element.textContent).toContain('%model_evaluate churn@4 --data X_test --target y_test');
  });

  it('shows the headline, who made it, and the remarks', async () => {
    const [element] = await drawn(evaluationOf({ remarks: ['3 rows had no answer'], text: 'Q3' }));
    const head = texts(element, 'header p');
    expect(head[0]).toBe('churn@1 on 1,200 rows of X_testroc_auc 0.9');
    expect(head[1]).toBe('Q3');
    expect(head[2]).toMatch(/^Ann, 2023-11-1[45] /);
    expect(texts(element, 'li')).toEqual(['3 rows had no answer']);
    expect(element.querySelector('select')).toBeNull();
  });

  it('has a list of several evaluations', async () => {
    const older = evaluationOf({ data: '', rows: 1, folds: 5, headline: ['older'] });
    const [element] = await drawn(evaluationOf(), older);
    const names = texts(element, 'option');
    expect(names[0]).toMatch(/, Ann, X_test, 1,200 rows$/);
    expect(names[1]).toMatch(/, Ann, 1 row, 5 folds$/);
    const select = element.querySelector('select')!;
    expect(select.getAttribute('aria-label')).toBe('Evaluation');
    select.value = '1';
    select.dispatchEvent(new Event('change'));
    expect(texts(element, 'header b')).toEqual(['older']);
  });

  it('shows texts of other people as text', async () => {
    const slice = { ...sliceOf(HOSTILE, 40, 0.8), reason: HOSTILE };
    const [element] = await drawn(
      evaluationOf({
        author: HOSTILE,
        text: HOSTILE,
        headline: [HOSTILE, HOSTILE],
        data: HOSTILE,
        metrics: [
          metricOf(),
          metricOf({ name: HOSTILE, comparison: comparisonOf({ other: HOSTILE, test: HOSTILE }) }),
        ],
        slices: [slice, { ...sliceOf(HOSTILE, 2, null), reason: HOSTILE }],
        remarks: [HOSTILE],
      }),
      evaluationOf({ data: HOSTILE }),
    );
    expect(element.querySelector('img, script, b b')).toBeNull();
    expect(texts(element, 'li')).toEqual([HOSTILE]);
  });
});

describe('the metrics of an evaluation', () => {
  it('have intervals', async () => {
    const second = metricOf({ name: 'max_error', value: 'NaN', low: null, high: null });
    const [element] = await drawn(evaluationOf({ level: 0.9, metrics: [metricOf(), second] }));
    expect(texts(element, 'thead th')).toEqual(['metric', 'value', '90% interval']);
    expect(cells(element, 'Metrics of the evaluation')).toEqual([
      ['roc_auc', '0.9', 'On a scale from 0.87 to 0.930.88 to 0.92'],
      ['max_error', 'NaN', ''],
    ]);
    expect(element.querySelectorAll('.nbm-interval-bar')).toHaveLength(1);
  });

  it('have no column of intervals without intervals', async () => {
    const [element] = await drawn(evaluationOf({ metrics: [metricOf({ low: null, high: null })] }));
    expect(texts(element, 'thead th')).toEqual(['metric', 'value']);
  });

  it('have their difference to another version, which a click compares', async () => {
    const metrics = [metricOf({ comparison: comparisonOf() }), metricOf({ name: 'f1', value: 1 })];
    const [element, context] = await drawn(evaluationOf({ metrics }));
    const [first, second] = cells(element, 'Metrics of the evaluation');
    expect(first!.slice(3)).toEqual(['+0.1+0.05 to +0.2', '0.0012', 'DeLong']);
    expect(second!.slice(3)).toEqual(['', '', '']);
    element.querySelector<HTMLElement>('thead .nbm-link')!.click();
    expect(context.compared).toEqual([['churn@3', 'churn@4']]);
  });

  it('are on a scale that fits them', () => {
    const scale = (low: number, high: number): readonly [number, number] =>
      scaleOf([
        metricOf({ value: low, low: null, high: null }),
        metricOf({ value: high, low, high }),
      ]);
    expect(scale(0.2, 0.9)).toEqual([0, 1]);
    expect(scale(0.9, 0.98)[0]).toBeCloseTo(0.88);
    expect(scale(0.9, 0.98)[1]).toBe(1);
    expect(scale(10, 30)).toEqual([0, 35]);
    const [low, high] = scale(-30, 20);
    expect(low).toBeLessThan(-30);
    expect(high).toBeGreaterThan(20);
    expect(scaleOf([metricOf({ value: 'NaN', low: null, high: null })])).toEqual([0, 1]);
  });

  it('have one scale if they are shares, so that their bars can be compared', async () => {
    const metrics = [
      metricOf(),
      metricOf({ name: 'recall', value: 0.6, low: 0.5, high: 0.7 }),
      metricOf({ name: 'brier', direction: 'lower', value: 0.05, low: 0.04, high: 0.06 }),
    ];
    const [element] = await drawn(evaluationOf({ metrics }));
    const scales = texts(element, 'tbody svg title');
    expect(scales[0]).toBe(scales[1]);
    expect(scales[2]).not.toBe(scales[0]);
  });
});

describe('the slices of an evaluation', () => {
  const slices = [
    sliceOf('b', 300, 0.7, { adjustedP: 0.01 }),
    sliceOf('a', 500, 0.8, { adjustedP: null }),
    sliceOf('c', 400, 0.95),
    sliceOf('few', 3, null),
  ];
  const order = (element: Element): string[] => texts(element, '.nbm-slice-table tbody th');
  const heading = (element: Element, name: string): HTMLElement =>
    [...element.querySelectorAll<HTMLElement>('.nbm-slice-table thead button')].find(
      (each) => each.textContent === name,
    )!;
  const sorts = (element: Element): Array<string | null> =>
    [...element.querySelectorAll('.nbm-slice-table thead th')].map((each) =>
      each.getAttribute('aria-sort'),
    );

  it('begin with the worst; those that are not judged are last and say why', async () => {
    const [element] = await drawn(evaluationOf({ slices }));
    expect(order(element)).toEqual(['b', 'a', 'c', 'few']);
    const rows = cells(element, 'Slices');
    expect(rows[0]).toEqual(['b', '300', '0.7', '-0.2', '0.01']);
    expect(rows[3]).toEqual(['few', '3', 'not judged: 3 rows are too few']);
    expect(sorts(element)).toEqual(['none', 'none', 'ascending', 'none', 'none']);
    const loss = evaluationOf({ slices, metrics: [metricOf({ direction: 'lower' })] });
    expect(order((await drawn(loss))[0])).toEqual(['c', 'a', 'b', 'few']);
  });

  it('sort by their headings, which keep the focus', async () => {
    const [element] = await drawn(evaluationOf({ slices }));
    const rows = heading(element, 'rows');
    rows.focus();
    rows.click(); // as Enter does on a button
    expect(order(element)).toEqual(['a', 'c', 'b', 'few']);
    expect(sorts(element)[1]).toBe('descending');
    expect(document.activeElement).toBe(rows);
    rows.click();
    expect(order(element)).toEqual(['b', 'c', 'a', 'few']);
    heading(element, 'slice').click();
    expect(order(element)).toEqual(['a', 'b', 'c', 'few']);
    heading(element, 'adjusted p').click();
    expect(order(element)).toEqual(['b', 'c', 'a', 'few']);
    heading(element, 'to the rest').click();
    expect(order(element)).toEqual(['b', 'a', 'c', 'few']);
  });

  it('have more than one metric', async () => {
    const f1 = { ...sliceOf('', 0, 0.1).metrics[0]!, name: 'f1' };
    const more = slices.map((slice) =>
      slice.name === 'c' ? { ...slice, metrics: [...slice.metrics, f1] } : slice,
    );
    const metrics = [metricOf(), metricOf({ name: 'f1' })];
    const [element] = await drawn(evaluationOf({ slices: more, metrics }));
    const select = element.querySelector<HTMLSelectElement>('[aria-label="Metric of the slices"]')!;
    select.value = 'f1';
    select.dispatchEvent(new Event('change'));
    expect(order(element)[0]).toBe('c');
    expect(cells(element, 'Slices')[1]!.at(-1)).toBe('not judged');
    expect(heading(element, 'f1')).toBeDefined();
  });

  it('mark what is worth a look, and count those that are left out', async () => {
    const [element] = await drawn(evaluationOf({ slices, slicesLeftOut: 1234 }));
    expect(texts(element, '.nbm-slice-notable th')).toEqual(['b']);
    const hint = (root: Element): HTMLElement =>
      root.querySelector<HTMLElement>('.nbm-evaluation-slices > p')!;
    expect(hint(element).textContent).toContain('an adjusted p below 0.05');
    expect(hint(element).hidden).toBe(false);
    expect(element.textContent).toContain('1,234 more slices are left out.');
    const [other] = await drawn(evaluationOf({ slices: slices.slice(1) }));
    expect(hint(other).hidden).toBe(true);
  });
});
