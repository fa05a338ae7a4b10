/** Versions side by side as parallel coordinates. */

import type { Data, Layout } from 'plotly.js';

import { shorten } from './charts';
import { NO_VALUE, type Axis } from './parallelAxes';
import type { Version } from '../data/answers';
import { plainSeriesColor, type Theme } from './theme';

type Figure = { data: Data[]; layout: Partial<Layout> };

/** An axis for each parameter or metric, a line for each version. */
export function parallelFigure(
  axes: readonly Axis[],
  versions: readonly Version[],
  theme: Theme,
): Figure {
  const data = versions.map(({ row }, index): Data => {
    const color = plainSeriesColor(theme, index);
    return {
      type: 'scatter',
      mode: 'lines+markers',
      name: shorten(row.ref, 28),
      x: axes.map((_, place) => place),
      y: axes.map(({ places }) => places[index]!),
      customdata: axes.map(() => row.ref),
      hoverinfo: 'text',
      hovertext: axes.map(
        ({ name, texts }) =>
          `<b>${shorten(row.ref, 60)}</b><br>${shorten(name, 60)} <b>${shorten(texts[index]!, 60)}</b>`,
      ),
      line: { color, width: 2 },
      marker: { color, size: 7 },
    };
  });
  const hasNoValues = axes.some(({ places }) => places.includes(NO_VALUE));
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
    yaxis: {
      visible: false,
      range: [hasNoValues ? NO_VALUE - 0.06 : -0.07, 1.05],
      fixedrange: true,
    },
    hovermode: 'closest',
    showlegend: true,
    legend: { orientation: 'h', y: 0, yref: 'container', yanchor: 'bottom', x: 0 },
    shapes: axes.map((_, index) => rail(index, theme)),
    annotations: axes.flatMap((axis, index) => labels(axis, index, axes.length, theme)),
  };
  return { data, layout: layout as unknown as Partial<Layout> };
}

function rail(index: number, theme: Theme): object {
  const line = { color: theme.line, width: 1 };
  return { type: 'line', x0: index, x1: index, y0: 0, y1: 1, layer: 'below', line };
}

function labels({ ticks }: Axis, index: number, count: number, theme: Theme): object[] {
  return ticks.map(({ place, text }) => ({
    x: index,
    y: place,
    text: shorten(text, Math.max(7, Math.floor(90 / count))),
    showarrow: false,
    xanchor: 'left',
    xshift: 6,
    bgcolor: theme.paper,
    opacity: 0.85,
    borderpad: 1,
    font: { size: 10, color: theme.faint },
  }));
}
