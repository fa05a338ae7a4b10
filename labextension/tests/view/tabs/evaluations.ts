/** Evaluations for tests; a test gives only the values that matter to it. */

import type {
  Evaluation,
  EvaluationComparison,
  EvaluationMetric,
  EvaluationSlice,
  SliceMetric,
} from '../../../src/view/data/evaluation';

export const evaluationOf = (given: Partial<Evaluation> = {}): Evaluation => ({
  time: 1_700_000_000,
  author: 'Ann',
  text: '',
  headline: ['churn@1 on 1,200 rows of X_test', 'roc_auc 0.9'],
  task: 'binary',
  data: 'X_test',
  rows: 1200,
  folds: 0,
  level: 0.95,
  metrics: [metricOf()],
  slices: [],
  slicesLeftOut: 0,
  remarks: [],
  curves: [],
  ...given,
});

export const metricOf = (given: Partial<EvaluationMetric> = {}): EvaluationMetric => ({
  name: 'roc_auc',
  direction: 'higher',
  value: 0.9,
  low: 0.88,
  high: 0.92,
  comparison: null,
  ...given,
});

export const comparisonOf = (given: Partial<EvaluationComparison> = {}): EvaluationComparison => ({
  other: 'churn@3',
  difference: 0.1,
  low: 0.05,
  high: 0.2,
  p: 0.00123,
  test: 'DeLong',
  ...given,
});

/** A slice whose metric `roc_auc` has this value; without it, one that is not judged. */
export const sliceOf = (
  name: string,
  rows: number,
  value: number | null,
  given: Partial<SliceMetric> = {},
): EvaluationSlice =>
  value === null
    ? { name, rows, metrics: [], reason: `${rows} rows are too few` }
    : {
        name,
        rows,
        reason: '',
        metrics: [
          {
            name: 'roc_auc',
            value,
            low: null,
            high: null,
            difference: value - 0.9,
            adjustedP: 0.5,
            ...given,
          },
        ],
      };
