import { beforeAll, describe, expect, it, vi } from 'vitest';

import { curveFigure, CURVE_CHARTS, curveText, fits } from '../../../src/view/charts/curves';
import type { EvaluationCurve } from '../../../src/view/data/evaluation';
import { evaluationTab } from '../../../src/view/tabs/evaluation';
import { ratesOf } from '../../../src/view/tabs/thresholdSlider';
import { contextOf, HOSTILE, rowOf, THEME, versionOf } from '../examples';
import { evaluationOf } from './evaluations';

beforeAll(() => {
  // jsdom has no layout, so charts are never visible and never drawn.
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
    },
  );
});

const curve = (
  kind: string,
  series: EvaluationCurve['series'],
  given: Partial<EvaluationCurve> = {},
): EvaluationCurve => ({ kind, of: '', series, names: [], ...given });

const ROC = curve('roc', { false_positive_rate: [0, 0.25, 1], true_positive_rate: [0, 0.75, 1] });
const THRESHOLDS = curve('thresholds', {
  threshold: [0, 0.5, 1],
  true_positive: [40, 30, 0],
  false_positive: [60, 10, 0],
  true_negative: [0, 50, 60],
  false_negative: [0, 10, 40],
});
const CONFUSION = curve('confusion', { cells: [5, 1, 2, 1500] }, { names: ['no', 'yes'] });
const RESIDUALS = curve('residuals', {
  edges: [-1, 0, 3],
  rows: [4, 6],
  predicted: [1, 2],
  low: [-1, -2],
  middle: [0, 0.5],
  high: [1, 2],
});

async function drawn(...curves: readonly EvaluationCurve[]): Promise<HTMLElement> {
  const evaluations = [evaluationOf({ curves })];
  const element = await evaluationTab.draw(contextOf(versionOf(rowOf(), { evaluations })));
  document.body.replaceChildren(element);
  return element;
}

const texts = (root: Element, selector: string): string[] =>
  [...root.querySelectorAll(selector)].map((each) => each.textContent);

describe('curves', () => {
  it('have a chart for each kind, with points as text', async () => {
    const element = await drawn(ROC, RESIDUALS);
    expect(texts(element, 'figcaption')).toEqual([
      'ROC curve',
      'Errors',
      'Errors by prediction: median, 10% and 90% quantile',
    ]);
    expect(texts(element, '[role=img]')[0]).toBe(
      'true positive rate by false positive rate: 0 at 0, 0.75 at 0.25, 1 at 1',
    );
  });

  it('of other forms are left out', async () => {
    const element = await drawn(
      curve('roc', { false_positive_rate: [0, 1], true_positive_rate: [0] }),
      curve('roc', {}),
      curve('unknown', { x: [1] }),
      curve('confusion', { cells: [1, 2, 3] }, { names: ['a', 'b'] }),
      curve('thresholds', { ...THRESHOLDS.series, true_positive: [1] }),
    );
    expect(element.querySelectorAll('figure, input, .nbm-confusion')).toHaveLength(0);
  });

  it('of several classes are lines of one chart, with texts that plotly does not read', () => {
    const chart = CURVE_CHARTS[0]!;
    const curves = [
      { ...ROC, of: HOSTILE },
      { ...ROC, of: 'b' },
    ];
    const { data, layout } = curveFigure(chart, curves, THEME);
    expect(data).toHaveLength(3);
    expect(data.map((each) => (each as { name?: string }).name)[1]).not.toContain('<img');
    expect(layout.showlegend).toBe(true);
    expect(curveText(chart, curves)).toContain('; b: true positive rate');
  });

  it('have gaps where there is no number', () => {
    const chart = CURVE_CHARTS[0]!;
    const gap = curve('roc', {
      false_positive_rate: [0, 0.5, 1],
      true_positive_rate: [0, null, 'NaN'],
    });
    expect(fits(chart, gap)).toBe(true);
    const [, line] = curveFigure(chart, [gap], THEME).data;
    expect((line as { y: unknown }).y).toEqual([0, null, null]);
  });

  it('of errors have bars as wide as their bins', () => {
    const chart = CURVE_CHARTS.find(({ isHistogram }) => isHistogram)!;
    const [bars] = curveFigure(chart, [RESIDUALS], THEME).data;
    expect(bars).toMatchObject({ x: [-0.5, 1.5], width: [1, 3], y: [4, 6] });
  });
});

describe('a confusion matrix', () => {
  it('is a table with the share of each class', async () => {
    const element = await drawn(CONFUSION);
    const table = element.querySelector('.nbm-confusion')!;
    expect(texts(table, 'th')).toEqual(['actual, by predicted', 'no', 'yes', 'no', 'yes']);
    expect(texts(table, 'td')).toEqual(['5', '1', '2', '1,500']);
    const first = table.querySelector<HTMLElement>('td')!;
    expect(first.title).toBe('83.3% of actual no');
    expect(first.style.getPropertyValue('--nbm-share')).toBe('37.5%');
  });

  it('shows names of other people as text, and rows without a number', async () => {
    const cells = [0, 0, null, 'NaN'] as const;
    const element = await drawn(curve('confusion', { cells }, { names: [HOSTILE, 'b'] }));
    expect(texts(element, '.nbm-confusion tbody th')[0]).toBe(HOSTILE);
    expect(texts(element, '.nbm-confusion td')).toEqual(['0', '0', 'NaN', 'NaN']);
    expect(element.querySelector('img')).toBeNull();
  });
});

describe('the threshold', () => {
  const move = (element: Element, value: string): HTMLInputElement => {
    const slider = element.querySelector<HTMLInputElement>('input[type=range]')!;
    slider.value = value;
    slider.dispatchEvent(new Event('input'));
    return slider;
  };

  it('begins at the usual one and has a name', async () => {
    const element = await drawn(THRESHOLDS);
    const slider = element.querySelector<HTMLInputElement>('input[type=range]')!;
    expect(slider.value).toBe('1');
    expect(slider.labels![0]!.textContent).toBe('Rows with this score or more are positive: 0.5');
    expect(slider.getAttribute('aria-valuetext')).toBe(
      '0.5: precision 0.75, recall 0.75, F1 0.75, share positive 0.4',
    );
    expect(texts(element, '.nbm-threshold dd').slice(4)).toEqual(['30', '10', '50', '10']);
  });

  it('computes its numbers again when it moves', async () => {
    const element = await drawn(THRESHOLDS);
    const slider = move(element, '0');
    expect(texts(element, '.nbm-threshold dd').slice(0, 4)).toEqual(['0.4', '1', '0.5714', '1']);
    expect(slider.getAttribute('aria-valuetext')).toContain('0: precision 0.4');
    move(element, '2');
    expect(texts(element, '.nbm-threshold dd').slice(0, 4)).toEqual(['–', '0', '0', '0']);
  });

  it('begins in the middle if scores are no probabilities', async () => {
    const element = await drawn(
      curve('thresholds', { ...THRESHOLDS.series, threshold: [-7, -2, 9] }),
    );
    expect(element.querySelector<HTMLInputElement>('input[type=range]')!.value).toBe('1');
    expect(texts(element, '.nbm-threshold b')).toEqual(['-2']);
  });

  it('has rates by their definitions', () => {
    const cells = { true_positive: 3, false_positive: 1, true_negative: 4, false_negative: 2 };
    const rates = Object.fromEntries(ratesOf(cells));
    expect(rates).toEqual({
      precision: 3 / 4,
      recall: 3 / 5,
      F1: 6 / 9,
      'share positive': 4 / 10,
    });
  });
});
