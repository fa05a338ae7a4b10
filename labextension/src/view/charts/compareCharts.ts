/** Charts of several versions side by side: parallel coordinates and bars. */

import type { Data, Layout } from 'plotly.js-basic-dist-min';

import { shorten } from './charts';
import { seriesOf, type Series } from './families';
import { number, parseNumber } from '../data/numbers';
import type { Version } from '../data/answers';
import type { Theme } from './theme';

/** Most axes that fit beside each other. */
const AXES = 12;
/** The ratio of largest to smallest value from which an axis is logarithmic. */
const WIDE = 100;
const STEPS = [0, 0.5, 1];

type Figure = { data: Data[]; layout: Partial<Layout> };

/** A parameter or metric of each version, and the positions of its values between 0 and 1. */
export interface Axis extends Series {
  place(value: number): number;
  value(place: number): number;
}

/** The numbers that differ between the versions: parameters first, then metrics. */
export function axesOf(versions: readonly Version[]): Axis[] {
  const params = seriesOf(
    versions.map(({ params: pairs }) =>
      pairs.flatMap(([name, text]) => {
        const value = parseNumber(text);
        return value === null ? [] : [[name, value] as const];
      }),
    ),
  );
  const metrics = seriesOf(versions.map(({ row }) => row.metrics));
  const moved = (given: Series[]): Axis[] => given.flatMap((series) => axisOf(series) ?? []);
  const [first, last] = [moved(params), moved(metrics)];
  const space = Math.max(AXES - last.length, AXES / 2);
  return [...first.slice(0, space), ...last].slice(0, AXES);
}

/** The axis of a series; null if all values are equal. */
function axisOf(series: Series): Axis | null {
  const finite = series.values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (!(low < high)) {
    return null;
  }
  const wide = low > 0 && high / low >= WIDE;
  const [to, from] = wide ? [Math.log, Math.exp] : [identity, identity];
  const [start, end] = [to(low), to(high)];
  return {
    ...series,
    place: (value) => (to(value) - start) / (end - start),
    value: (place) => from(start + place * (end - start)),
  };
}

const identity = (value: number): number => value;

/** Parallel coordinates: an axis for each parameter or metric, a line for each version. */
export function parallelFigure(
  axes: readonly Axis[],
  versions: readonly Version[],
  theme: Theme,
): Figure {
  const data = versions.map(({ row }, index): Data => {
    const color = theme.series[index % theme.series.length]!;
    const values = axes.map((axis) => axis.values[index]!);
    return {
      type: 'scatter',
      mode: 'lines+markers',
      name: shorten(row.ref, 28),
      x: axes.map((_, place) => place),
      y: axes.map((axis, at) => (Number.isFinite(values[at]) ? axis.place(values[at]!) : null)),
      customdata: axes.map(() => row.ref),
      hoverinfo: 'text',
      hovertext: axes.map(
        ({ name }, at) =>
          `<b>${shorten(row.ref, 60)}</b><br>${shorten(name, 60)} <b>${number(values[at]!)}</b>`,
      ),
      line: { color, width: 2 },
      marker: { color, size: 7 },
      connectgaps: false,
    };
  });
  const layout = {
    xaxis: {
      range: [-0.35, axes.length - 0.65],
      tickvals: axes.map((_, index) => index),
      ticktext: axes.map(({ name }) => shorten(name, Math.max(9, Math.floor(110 / axes.length)))),
      tickangle: 0,
      side: 'top',
      showgrid: false,
      showline: false,
      ticks: '',
      zeroline: false,
      fixedrange: true,
    },
    yaxis: { visible: false, range: [-0.07, 1.05], fixedrange: true },
    hovermode: 'closest',
    showlegend: true,
    legend: { orientation: 'h', y: 0, yref: 'container', yanchor: 'bottom', x: 0 },
    shapes: axes.map((_, index) => rail(index, theme)),
    annotations: axes.flatMap((axis, index) => scale(axis, index, theme)),
  };
  return { data, layout: layout as unknown as Partial<Layout> };
}

function rail(index: number, theme: Theme): object {
  const line = { color: theme.line, width: 1 };
  return { type: 'line', x0: index, x1: index, y0: 0, y1: 1, layer: 'below', line };
}

/** Labels of an axis: the values at its `STEPS`. */
function scale(axis: Axis, index: number, theme: Theme): object[] {
  return STEPS.map((place) => ({
    x: index,
    y: place,
    text: number(axis.value(place)),
    showarrow: false,
    xanchor: 'left',
    xshift: 6,
    bgcolor: theme.paper,
    opacity: 0.85,
    borderpad: 1,
    font: { size: 10, color: theme.faint },
  }));
}

/** Most bars (versions times metrics) that have their values written on them. */
const MAX_LABELED_BARS = 24;

/** Bars for each metric, a color for each version; each family of metrics has a separate axis. */
export function barFigure(
  groups: ReadonlyArray<readonly Series[]>,
  versions: readonly Version[],
  theme: Theme,
): Figure {
  const labeled = versions.length * groups.flat().length <= MAX_LABELED_BARS;
  const data = groups.flatMap((group, panel) =>
    versions.map(({ row }, index) => barTrace(group, panel, row.ref, index, labeled, theme)),
  );
  const layout = {
    ...barAxes(groups),
    barmode: 'group',
    bargap: 0.3,
    bargroupgap: 0.08,
    hovermode: 'closest',
    showlegend: true,
    margin: { l: 8, r: 12, t: 20, b: 8 },
    legend: { orientation: 'h', y: 0, yref: 'container', yanchor: 'bottom', x: 0 },
  };
  return { data, layout: layout as unknown as Partial<Layout> };
}

function barTrace(
  group: readonly Series[],
  panel: number,
  ref: string,
  index: number,
  labeled: boolean,
  theme: Theme,
): Data {
  const values = group.map((series) => series.values[index]!);
  const label = (value: number): string => (Number.isFinite(value) ? number(value) : '');
  return {
    type: 'bar',
    name: shorten(ref, 28),
    legendgroup: String(index),
    showlegend: panel === 0,
    x: group.map((_, place) => place),
    y: values.map((value) => (Number.isFinite(value) ? value : null)),
    xaxis: panel ? `x${panel + 1}` : 'x',
    yaxis: panel ? `y${panel + 1}` : 'y',
    text: labeled ? values.map(label) : undefined,
    textposition: 'outside',
    textangle: 0,
    textfont: { size: 10, color: theme.faint },
    cliponaxis: false,
    hoverinfo: 'text',
    hovertext: group.map(
      ({ name }, at) =>
        `<b>${shorten(ref, 60)}</b><br>${shorten(name, 60)} <b>${number(values[at]!)}</b>`,
    ),
    marker: { color: theme.series[index % theme.series.length]! },
  };
}

function barAxes(groups: ReadonlyArray<readonly Series[]>): object {
  const domains = widths(groups.map((group) => group.length));
  const space = Math.max(8, Math.floor(130 / groups.flat().length));
  const axes = groups.flatMap((group, panel) => {
    const end = panel ? String(panel + 1) : '';
    const names = {
      domain: domains[panel],
      anchor: `y${end}`,
      tickvals: group.map((_, place) => place),
      ticktext: group.map(({ name }) => shorten(name, space)),
      tickangle: 0,
      showgrid: false,
      zeroline: false,
      fixedrange: true,
    };
    const sizes = { anchor: `x${end}`, nticks: 5, fixedrange: true };
    return [
      [`xaxis${end}`, names],
      [`yaxis${end}`, sizes],
    ];
  });
  return Object.fromEntries(axes) as object;
}

/** The part of the width for each group, in proportion to its metrics, with gaps for the axes. */
function widths(counts: readonly number[]): Array<[number, number]> {
  const gap = counts.length > 1 ? 0.24 / counts.length : 0;
  const total = counts.reduce((a, b) => a + b, 0);
  const space = 1 - gap * (counts.length - 1);
  let start = 0;
  return counts.map((count) => {
    const end = Math.min(1, start + (space * count) / total);
    const domain: [number, number] = [start, end];
    start = end + gap;
    return domain;
  });
}
