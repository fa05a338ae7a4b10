/** The curves of an evaluation as charts: one chart for each kind, one line for each class. */

import type { Data, Layout } from 'plotly.js';

import { plainText, shorten } from './charts';
import { number, real } from '../data/numbers';
import type { EvaluationCurve } from '../data/evaluation';
import { plainSeriesColor, type Theme } from './theme';
import { trans } from '../translation';

/** Points of a line that its text names. */
const NAMED_POINTS = 5;

interface CurveLine {
  /** The names of the series with its coordinates. */
  x: string;
  y: string;
  dash?: 'dot';
}

export interface CurveChart {
  /** The kind of the curves. */
  kind: string;
  title(): string;
  xTitle(): string;
  yTitle(): string;
  lines: readonly CurveLine[];
  /** Whether both axes go from 0 to 1. */
  isOfShares?: boolean;
  /** Whether a diagonal shows what a model without skill, or a perfect one, would have. */
  hasDiagonal?: boolean;
  /** Whether `x` are edges of bins, and `y` the rows in them. */
  isHistogram?: boolean;
}

/** The charts in the order of display. */
export const CURVE_CHARTS: readonly CurveChart[] = [
  {
    kind: 'roc',
    title: () => trans.__('ROC curve'),
    xTitle: () => trans.__('false positive rate'),
    yTitle: () => trans.__('true positive rate'),
    lines: [{ x: 'false_positive_rate', y: 'true_positive_rate' }],
    isOfShares: true,
    hasDiagonal: true,
  },
  {
    kind: 'precision_recall',
    title: () => trans.__('Precision and recall'),
    xTitle: () => trans.__('recall'),
    yTitle: () => trans.__('precision'),
    lines: [{ x: 'recall', y: 'precision' }],
    isOfShares: true,
  },
  {
    kind: 'calibration',
    title: () => trans.__('Calibration'),
    xTitle: () => trans.__('mean predicted probability'),
    yTitle: () => trans.__('share of positive rows'),
    lines: [{ x: 'predicted', y: 'actual' }],
    isOfShares: true,
    hasDiagonal: true,
  },
  {
    kind: 'gain',
    title: () => trans.__('Gain'),
    xTitle: () => trans.__('share of rows, highest scores first'),
    yTitle: () => trans.__('share of all positive rows'),
    lines: [{ x: 'share', y: 'positives' }],
    isOfShares: true,
    hasDiagonal: true,
  },
  {
    kind: 'residuals',
    title: () => trans.__('Errors'),
    xTitle: () => trans.__('predicted minus actual'),
    yTitle: () => trans.__('rows'),
    lines: [{ x: 'edges', y: 'rows' }],
    isHistogram: true,
  },
  {
    kind: 'residuals',
    title: () => trans.__('Errors by prediction: median, 10% and 90% quantile'),
    xTitle: () => trans.__('predicted'),
    yTitle: () => trans.__('predicted minus actual'),
    lines: [
      { x: 'predicted', y: 'middle' },
      { x: 'predicted', y: 'low', dash: 'dot' },
      { x: 'predicted', y: 'high', dash: 'dot' },
    ],
  },
];

/** Whether a curve of this kind has the series that the chart draws. */
export function fits(chart: CurveChart, { kind, series }: EvaluationCurve): boolean {
  const extra = chart.isHistogram ? 1 : 0;
  return (
    kind === chart.kind &&
    chart.lines.every(({ x, y }) => {
      const [one, other] = [series[x], series[y]];
      return one && other && other.length > 0 && one.length === other.length + extra;
    })
  );
}

/** Draw curves that fit a chart. */
export function curveFigure(
  chart: CurveChart,
  curves: readonly EvaluationCurve[],
  theme: Theme,
): { data: Data[]; layout: Partial<Layout> } {
  const lines = curves.flatMap((curve, index) =>
    chart.lines.map((line) => trace(chart, curve, line, plainSeriesColor(theme, index))),
  );
  const range = chart.isOfShares ? { range: [-0.02, 1.02] } : {};
  const axis = (title: string): object => ({
    title: { text: plainText(title) },
    fixedrange: true,
    ...range,
  });
  const layout = {
    xaxis: axis(chart.xTitle()),
    yaxis: axis(chart.yTitle()),
    barmode: 'overlay',
    hovermode: 'closest',
    showlegend: curves.length > 1,
    legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0 },
  };
  const data = chart.hasDiagonal ? [diagonal(theme), ...lines] : lines;
  return { data, layout: layout as unknown as Partial<Layout> };
}

function diagonal(theme: Theme): Data {
  return {
    type: 'scatter',
    mode: 'lines',
    x: [0, 1],
    y: [0, 1],
    line: { color: theme.faint, width: 1, dash: 'dot' },
    hoverinfo: 'skip',
    showlegend: false,
  };
}

function trace(chart: CurveChart, curve: EvaluationCurve, line: CurveLine, color: string): Data {
  const [x, y] = [valuesOf(curve, line.x), valuesOf(curve, line.y)];
  const shared = { name: shorten(curve.of), showlegend: !line.dash, legendgroup: curve.of };
  if (chart.isHistogram) {
    const width = x.slice(1).map((edge, place) => (edge ?? 0) - (x[place] ?? 0));
    const middle = width.map((wide, place) => (x[place] ?? 0) + wide / 2);
    return { ...shared, type: 'bar', x: middle, y, width, marker: { color }, opacity: 0.7 };
  }
  return {
    ...shared,
    type: 'scatter',
    mode: x.length > 30 ? 'lines' : 'lines+markers',
    x,
    y,
    line: { color, width: 2, ...(line.dash && { dash: line.dash }) },
    marker: { color, size: 5 },
  };
}

/** The numbers of a series; null where it has none. */
function valuesOf({ series }: EvaluationCurve, name: string): Array<number | null> {
  return (series[name] ?? []).map((value) => {
    const amount = value === null ? NaN : real(value);
    return Number.isFinite(amount) ? amount : null;
  });
}

/** Some points of each curve as text, for screen readers. */
export function curveText(chart: CurveChart, curves: readonly EvaluationCurve[]): string {
  return curves.map((curve) => pointsText(chart, curve)).join('; ');
}

function pointsText(chart: CurveChart, curve: EvaluationCurve): string {
  const { x, y } = chart.lines[0]!;
  const [one, other] = [valuesOf(curve, x), valuesOf(curve, y)];
  const step = Math.max(1, (other.length - 1) / (NAMED_POINTS - 1));
  const places = new Set(
    Array.from({ length: NAMED_POINTS }, (_, index) => Math.round(index * step)),
  );
  const points = [...places]
    .filter((place) => place < other.length)
    .map((place) => trans.__('%1 at %2', number(other[place] ?? NaN), number(one[place] ?? NaN)));
  const text = trans.__('%1 by %2: %3', chart.yTitle(), chart.xTitle(), points.join(', '));
  return curve.of ? `${curve.of}: ${text}` : text;
}
