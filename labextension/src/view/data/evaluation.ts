/** The evaluations of a version: how good it is on rows whose true answers are known. */

import type { Direction, Real } from './answers';

export interface EvaluationComparison {
  /** A reference to the other version. */
  other: string;
  /** This version minus the other one. */
  difference: Real;
  low: Real | null;
  high: Real | null;
  /** Probability of such a difference by chance. */
  p: Real | null;
  /** The name of the test. */
  test: string;
}

export interface EvaluationMetric {
  name: string;
  /** Empty if unknown. */
  direction: Direction | '';
  value: Real;
  /** Ends of the interval; null if the metric has none. */
  low: Real | null;
  high: Real | null;
  comparison: EvaluationComparison | null;
}

export interface SliceMetric {
  name: string;
  value: Real;
  low: Real | null;
  high: Real | null;
  /** The value minus that of all other rows. */
  difference: Real | null;
  /** Probability of such a difference by chance, adjusted for the number of slices. */
  adjustedP: Real | null;
}

export interface EvaluationSlice {
  name: string;
  rows: number;
  metrics: readonly SliceMetric[];
  /** Why it is not judged; empty if it is. */
  reason: string;
}

export interface EvaluationCurve {
  /** `roc`, `precision_recall`, `calibration`, `gain`, `residuals`, `confusion`, `thresholds`. */
  kind: string;
  /** The class, label or output; empty if there is one. */
  of: string;
  series: Record<string, ReadonlyArray<Real | null>>;
  /** The classes of a confusion matrix. */
  names: readonly string[];
}

export interface Evaluation {
  time: number;
  author: string;
  /** What the author wrote to it. */
  text: string;
  /** The version with rows, the main metric, the difference to another version, the worst slice. */
  headline: readonly string[];
  task: string;
  /** What the user calls the rows. */
  data: string;
  rows: number;
  /** Number of folds of a cross-validation; 0 without one. */
  folds: number;
  /** Of the intervals: 0.95. */
  level: number;
  /** The main metric comes first. */
  metrics: readonly EvaluationMetric[];
  /** The worst first, those that are not judged last. */
  slices: readonly EvaluationSlice[];
  slicesLeftOut: number;
  remarks: readonly string[];
  /** Only of the newest evaluations. */
  curves: readonly EvaluationCurve[];
}
