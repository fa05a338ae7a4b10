/** Limits of rules and periods in which they fired, as shapes of the chart over time. */

import type { FiredPeriod, MonitorReport } from '../data/monitorReport';
import { number, real } from '../data/numbers';
import { plainText, shorten } from '../charts/charts';
import type { Theme } from '../charts/theme';
import { linesOf, thresholdOf, VOLUME } from './series';
import { plotTime } from './timeFormat';
import { trans } from '../translation';

/** A horizontal line: the threshold of a rule, or of a drift measure. */
export interface LimitLine {
  value: number;
  label: string;
}

/**
 * A limit is drawn outside of the values only if they keep this part of the height; else an arrow
 * at the edge points to it.
 */
const MIN_PART_OF_VALUES = 0.2;
const PADDING = 0.08;

/** The limits of a metric; equal ones are one line. */
export function limitLines(report: MonitorReport, metric: string): LimitLine[] {
  const lines = new Map<number, string[]>();
  const add = (value: number, label: string): void => {
    if (Number.isFinite(value)) {
      lines.set(value, [...(lines.get(value) ?? []), label]);
    }
  };
  const threshold = thresholdOf(report, metric);
  if (threshold !== null) {
    add(threshold, trans.__('threshold %1', number(threshold)));
  }
  report.limits
    .filter((limit) => limit.metric === metric)
    .forEach(({ threshold: value, rule }) => add(real(value), trans.__('alert %1', rule)));
  return [...lines].map(([value, labels]) => ({ value, label: labels.join(', ') }));
}

/** The range of values and limits; a limit too far away is left out. */
export function valueRange(
  values: readonly number[],
  limits: readonly number[],
): readonly [number, number] | null {
  const numbers = values.filter(Number.isFinite);
  if (numbers.length === 0) {
    return limits.length ? padded(Math.min(0, ...limits), Math.max(...limits)) : null;
  }
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const spread = Math.max(high - low, Math.abs(high) * 0.02, Number.MIN_VALUE);
  let [from, to] = [low, high];
  for (const limit of [...limits].sort((a, b) => Math.abs(a - low) - Math.abs(b - low))) {
    const [lower, upper] = [Math.min(from, limit), Math.max(to, limit)];
    if (spread >= MIN_PART_OF_VALUES * (upper - lower)) {
      [from, to] = [lower, upper];
    }
  }
  return padded(from, to);
}

function padded(from: number, to: number): readonly [number, number] {
  const pad = PADDING * (to - from || Math.abs(to) || 1);
  return [from - pad, to + pad];
}

/** The values of a metric that the chart shows. */
export const drawnValues = (report: MonitorReport, metric: string): number[] =>
  linesOf(report, metric).flatMap(({ values }) => values);

/** Lines of the limits in a range, on one of the two axes. */
export function limitShapes(
  limits: readonly LimitLine[],
  yref: 'y' | 'y2',
  range: readonly [number, number] | null,
  theme: Theme,
): object[] {
  return limits
    .filter(({ value }) => !range || (value >= range[0] && value <= range[1]))
    .map(({ value }) => ({
      type: 'line',
      x0: 0,
      x1: 1,
      xref: 'paper',
      y0: value,
      y1: value,
      yref,
      layer: 'above',
      line: { color: theme.bad, width: 1.25, dash: 'dash' },
    }));
}

/** The labels of the limits; of one outside of the range, at the edge with an arrow. */
export function limitLabels(
  limits: readonly LimitLine[],
  yref: 'y' | 'y2',
  range: readonly [number, number] | null,
  theme: Theme,
): object[] {
  return limits.map(({ value, label }) => {
    const below = range !== null && value < range[0];
    const above = range !== null && value > range[1];
    const place = below ? range[0] : above ? range[1] : value;
    const sign = below ? '↓ ' : above ? '↑ ' : '';
    return {
      x: 1,
      xref: 'paper',
      y: place,
      yref,
      xanchor: 'right',
      yanchor: above ? 'top' : 'bottom',
      text: plainText(sign) + shorten(label, 48),
      showarrow: false,
      font: { size: 10, color: theme.bad },
      bgcolor: theme.paper,
      borderpad: 1,
    };
  });
}

/** Shades of the periods in which alerts on the metric fired; others are a strip at the bottom. */
export function firedShapes(
  { firedPeriods }: MonitorReport,
  metric: string,
  theme: Theme,
): object[] {
  const shape = (yref: string, top: number, opacity: number) => (period: Period) => ({
    type: 'rect',
    x0: plotTime(period.start),
    x1: plotTime(period.end),
    y0: 0,
    y1: top,
    yref,
    layer: 'below',
    fillcolor: theme.bad,
    opacity,
    line: { width: 0 },
  });
  const { own, volume, others } = firedOf(firedPeriods, metric);
  return [
    ...own.map(shape('y domain', 1, 0.14)),
    ...volume.map(shape('y2 domain', 1, 0.14)),
    ...joined(others).map(shape('y domain', 0.035, 0.6)),
  ];
}

type Period = Pick<FiredPeriod, 'start' | 'end'>;

/** Periods as few that do not overlap: a rule on any column may have thousands. */
export function joined(periods: readonly Period[]): Period[] {
  const result: Array<{ start: number; end: number }> = [];
  for (const { start, end } of [...periods].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && start <= last.end) {
      last.end = Math.max(last.end, end);
    } else {
      result.push({ start, end });
    }
  }
  return result;
}

/** Periods of alerts on the metric, on the volume, and on anything else. */
export function firedOf(
  periods: readonly FiredPeriod[],
  metric: string,
): Record<'own' | 'volume' | 'others', FiredPeriod[]> {
  return {
    own: periods.filter((each) => each.metric === metric),
    volume: periods.filter((each) => each.metric === VOLUME),
    others: periods.filter((each) => each.metric !== metric && each.metric !== VOLUME),
  };
}
