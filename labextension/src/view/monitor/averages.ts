/** Averages over windows; values that are not finite numbers are skipped. */

/** Mean of the last `span` values, or of fewer at the beginning. */
export function movingAverage(values: readonly number[], span: number): number[] {
  return values.map((value, index) => {
    const numbers = values.slice(Math.max(0, index + 1 - span), index + 1).filter(Number.isFinite);
    return Number.isFinite(value)
      ? numbers.reduce((sum, each) => sum + each, 0) / numbers.length
      : NaN;
  });
}

/**
 * `s = s + a (x - s)` with `a = 2 / (span + 1)`, beginning at the first value.
 *
 * Source: Brown (1963), Smoothing, Forecasting and Prediction of Discrete Time Series, chapter 7.
 */
export function exponentialAverage(values: readonly number[], span: number): number[] {
  const alpha = 2 / (span + 1);
  let smooth = NaN;
  return values.map((value) => {
    if (!Number.isFinite(value)) {
      return NaN;
    }
    smooth = Number.isNaN(smooth) ? value : smooth + alpha * (value - smooth);
    return smooth;
  });
}
