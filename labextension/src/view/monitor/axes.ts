/** Axes of the chart over time, and the labels on them. */

import type { Layout } from 'plotly.js';

import { plainText, shorten } from '../charts/charts';
import type { MonitorReport } from '../data/monitorReport';
import type { Theme } from '../charts/theme';
import type { ChartSelection } from './anomalyMarkers';
import {
  drawnValues,
  firedShapes,
  limitLabels,
  limitLines,
  limitShapes,
  valueRange,
} from './limits';
import { timeRange, VOLUME } from './series';
import type { Selection } from './selection';
import type { Mark } from './stageMarks';
import { plotTime } from './timeFormat';
import { trans } from '../translation';

/** Characters that fit in a line of labels above the chart. */
const LINE_CHARACTERS = 96;
const LEVELS = 3;

/**
 * Labels of the marks above the chart, on levels so that they do not overlap. Labels that do not
 * fit are left out.
 */
export function labels(
  marks: readonly Mark[],
  [from, to]: readonly [number, number],
): Array<{ mark: Mark; level: number; isAtEnd: boolean }> {
  const ends = Array.from({ length: LEVELS }, () => -Infinity);
  return marks.flatMap((mark) => {
    const place = ((mark.time - from) / Math.max(1, to - from)) * LINE_CHARACTERS;
    const half = Math.min(mark.label.length, 20) / 2 + 1;
    // A centered label would leave the chart, whose right margin is narrow.
    const isAtEnd = place + half > LINE_CHARACTERS;
    const center = isAtEnd ? LINE_CHARACTERS - half : place;
    const level = ends.findIndex((end) => center - half >= end);
    if (level === -1) {
      return [];
    }
    ends[level] = center + half;
    return [{ mark, level, isAtEnd }];
  });
}

/** Pixels on both sides of the time axis, which the heat map leaves free too. */
export const RIGHT_MARGIN = 12;
const NARROW_WIDTH = 560;

/** Pixels before the time axis: for the numbers of the chart, and the names of the heat map. */
export const leftMargin = (width: number): number => (width > NARROW_WIDTH ? 132 : 96);

/** The time of the charts, in seconds: whole windows of the report, or of the range in it. */
export function chartRange(
  report: MonitorReport,
  { range }: { range: Selection['range'] },
): readonly [number, number] {
  const { windowSeconds, until } = report;
  const whole = timeRange(report) ?? [until - windowSeconds, until];
  if (!range) {
    return whole;
  }
  const snap = (time: number, round: (value: number) => number): number =>
    whole[0] + round((time - whole[0]) / windowSeconds) * windowSeconds;
  const from = Math.max(whole[0], snap(range[0], Math.floor));
  const to = Math.min(whole[1], snap(range[1], Math.ceil));
  return from < to ? [from, to] : whole;
}

export interface Frame {
  marks: readonly Mark[];
  /** Beginning of the first window and end of the last. */
  within: readonly [number, number];
  /** Of the chart, in pixels. */
  width: number;
}

export function layoutOf(
  report: MonitorReport,
  look: ChartSelection,
  { marks, within, width }: Frame,
  theme: Theme,
): Partial<Layout> {
  const texts = labels(marks, within);
  const levels = 1 + Math.max(-1, ...texts.map(({ level }) => level));
  const rolled = (mark: Mark): string => (mark.rolledBack ? theme.bad : theme.accent);
  const limits = limitLines(report, look.metric);
  const values = drawnValues(report, look.metric);
  const range = valueRange(
    values,
    limits.map(({ value }) => value),
  );
  const rows = limitLines(report, VOLUME);
  return {
    ...axes(look, within, range, theme),
    barmode: 'stack',
    bargap: 0,
    hovermode: 'x',
    hoverdistance: -1,
    spikedistance: -1,
    dragmode: 'zoom',
    showlegend: false,
    margin: { l: leftMargin(width), r: RIGHT_MARGIN, t: 12 + 13 * levels, b: 40 },
    shapes: [
      ...firedShapes(report, look.metric, theme),
      ...marks.map((mark) => vertical(mark.time, rolled(mark))),
      ...limitShapes(limits, 'y', range, theme),
      ...limitShapes(rows, 'y2', null, theme),
    ],
    annotations: [
      ...texts.map(({ mark, level, isAtEnd }) => ({
        x: plotTime(mark.time),
        xanchor: isAtEnd ? 'right' : 'center',
        y: 1,
        yref: 'paper',
        yanchor: 'bottom',
        yshift: 3 + level * 13,
        text: shorten(mark.label, 20),
        showarrow: false,
        font: { size: 10, color: rolled(mark) },
      })),
      ...limitLabels(limits, 'y', range, theme),
      ...limitLabels(rows, 'y2', null, theme),
      ...(values.length ? [] : [nothing(theme)]),
    ],
  } as unknown as Partial<Layout>;
}

/** Time below the rows, the rows below the metric, and invisible axes for marks and tooltips. */
function axes(
  look: ChartSelection,
  [from, to]: readonly [number, number],
  range: readonly [number, number] | null,
  theme: Theme,
): object {
  const [metric, rows] = [
    [0.31, 1],
    [0, 0.21],
  ];
  const title = (text: string, standoff: number): object => ({
    text: shorten(text, 28),
    font: { size: 11, color: theme.faint },
    standoff,
  });
  const fixed = { zeroline: false, fixedrange: true, automargin: false };
  const unseen = { ...fixed, range: [0, 1], visible: false };
  return {
    xaxis: {
      type: 'date',
      range: [plotTime(from), plotTime(to)],
      anchor: 'y2',
      zeroline: false,
      showgrid: false,
      automargin: false,
      tickangle: 0,
      nticks: 9,
      title: title(trans.__('time (UTC)'), 8),
      showspikes: true,
      spikemode: 'across',
      spikesnap: 'hovered data',
      spikethickness: 1,
      spikedash: 'solid',
      spikecolor: theme.faint,
    },
    yaxis: {
      ...fixed,
      domain: metric,
      nticks: 5,
      title: title(look.metric, 6),
      ...(range && { range }),
    },
    yaxis2: {
      ...fixed,
      domain: rows,
      nticks: 3,
      rangemode: 'tozero',
      title: title(trans.__('rows'), 6),
    },
    yaxis3: { ...unseen, domain: metric, overlaying: 'y' },
    yaxis4: { ...unseen, domain: rows, overlaying: 'y2' },
  };
}

function vertical(time: number, color: string): object {
  const x = plotTime(time);
  const line = { color, width: 1, dash: 'dot' };
  return { type: 'line', x0: x, x1: x, y0: 0, y1: 1, yref: 'paper', layer: 'below', line };
}

/** An annotation that explains why the metric has no line. */
function nothing(theme: Theme): object {
  return {
    x: 0.5,
    xref: 'paper',
    y: 0.66,
    yref: 'paper',
    text: plainText(trans.__('Quality is measured once labels arrive.')),
    showarrow: false,
    font: { size: 12, color: theme.faint },
  };
}
