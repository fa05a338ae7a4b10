/** Axes of the chart over time, and the labels on them. */

import type { Layout } from 'plotly.js-basic-dist-min';

import { plainText, shorten } from '../charts/charts';
import { number } from '../data/numbers';
import type { MonitorReport } from '../data/monitorReport';
import type { Theme } from '../charts/theme';
import { subjectsOf } from './series';
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
): Array<{ mark: Mark; level: number }> {
  const ends = Array.from({ length: LEVELS }, () => -Infinity);
  return marks.flatMap((mark) => {
    const place = ((mark.time - from) / Math.max(1, to - from)) * LINE_CHARACTERS;
    const half = Math.min(mark.label.length, 20) / 2 + 1;
    const level = ends.findIndex((end) => place - half >= end);
    if (level === -1) {
      return [];
    }
    ends[level] = place + half;
    return [{ mark, level }];
  });
}

/** The layout; `empty` if the metric has no line above the rows. */
export function layoutOf(
  given: MonitorReport,
  marks: readonly Mark[],
  within: readonly [number, number],
  limit: number | null,
  empty: boolean,
  theme: Theme,
): Partial<Layout> {
  const named = labels(marks, within);
  const levels = 1 + Math.max(-1, ...named.map(({ level }) => level));
  const rolled = (mark: Mark): string => (mark.rolledBack ? theme.bad : theme.accent);
  return {
    ...axes(within, theme),
    barmode: 'stack',
    bargap: 0,
    hovermode: 'closest',
    dragmode: 'zoom',
    showlegend: subjectsOf(given).length > 1,
    legend: { orientation: 'h', y: 0, yref: 'container', yanchor: 'bottom', x: 0 },
    margin: { l: 8, r: 12, t: 12 + 13 * levels, b: 8 },
    // The zoom stays while the question is the same.
    uirevision: JSON.stringify([given.ref, given.windowSeconds, within[0]]),
    shapes: [
      ...marks.map((mark) => vertical(mark.time, rolled(mark))),
      ...(limit === null ? [] : [horizontal(limit, theme.bad)]),
    ],
    annotations: [
      ...named.map(({ mark, level }) => ({
        x: plotTime(mark.time),
        y: 1,
        yref: 'paper',
        yanchor: 'bottom',
        yshift: 3 + level * 13,
        text: shorten(mark.label, 20),
        showarrow: false,
        font: { size: 10, color: rolled(mark) },
      })),
      ...(limit === null ? [] : [limitLabel(limit, theme)]),
      ...(empty ? [nothing(theme)] : []),
    ],
  } as unknown as Partial<Layout>;
}

/** Time below the rows, the rows below the metric, and the stage moves over the metric. */
function axes([from, to]: readonly [number, number], theme: Theme): object {
  const margin = (to - from) * 0.015;
  return {
    xaxis: {
      type: 'date',
      range: [plotTime(from - margin), plotTime(to + margin)],
      anchor: 'y2',
      zeroline: false,
      showgrid: false,
      tickangle: 0,
      nticks: 9,
    },
    yaxis: { domain: [0.31, 1], zeroline: false, nticks: 5, fixedrange: true },
    yaxis2: {
      domain: [0, 0.21],
      zeroline: false,
      nticks: 3,
      fixedrange: true,
      rangemode: 'tozero',
      title: {
        text: plainText(trans.__('rows')),
        font: { size: 10, color: theme.faint },
        standoff: 4,
      },
    },
    yaxis3: { domain: [0.31, 1], overlaying: 'y', range: [0, 1], visible: false, fixedrange: true },
  };
}

function vertical(time: number, color: string): object {
  const x = plotTime(time);
  const line = { color, width: 1, dash: 'dot' };
  return { type: 'line', x0: x, x1: x, y0: 0, y1: 1, yref: 'paper', layer: 'below', line };
}

function horizontal(value: number, color: string): object {
  const line = { color, width: 1, dash: 'dash' };
  return { type: 'line', x0: 0, x1: 1, xref: 'paper', y0: value, y1: value, layer: 'below', line };
}

function limitLabel(limit: number, theme: Theme): object {
  return {
    x: 1,
    xref: 'paper',
    y: limit,
    xanchor: 'right',
    yanchor: 'bottom',
    text: plainText(trans.__('threshold %1', number(limit))),
    showarrow: false,
    font: { size: 10, color: theme.bad },
  };
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
