/**
 * A figure of plotly that another person may have written, as data that is safe to draw.
 *
 * plotly reads some HTML in its texts, loads images, fonts and map tiles, and may calculate for
 * hours. Only known traces are drawn. Parts that load or link something, or that need too much, are
 * removed. A figure that cannot be drawn is a `FigureProblem`.
 */

import type { Data, Layout } from 'plotly.js';

import { trans } from '../translation';
import { plainTexts } from './plainTexts';
import { FigureProblem } from './problem';

export interface Figure {
  data: Data[];
  layout: Partial<Layout>;
  /** In pixels; null if the figure does not say. */
  height: number | null;
  /** Names of the traces. */
  names: readonly string[];
}

const TRACES = new Set([
  'scatter',
  'bar',
  'box',
  'violin',
  'heatmap',
  'histogram',
  'histogram2d',
  'histogram2dcontour',
  'contour',
  'pie',
]);
/** Traces that need WebGL, and the one that looks the same. */
const SIMILAR: ReadonlyMap<string, string> = new Map([['scattergl', 'scatter']]);

const MAX_TRACES = 200;
const MAX_VALUES = 500_000;
const MAX_DEPTH = 24;
const MAX_ITEMS = 500; // shapes, annotations
const MAX_BINS = 2000;
const MAX_CONTOURS = 100;
const MAX_GRID = 40; // rows or columns

/** Read the JSON of a figure. */
export function readFigure(text: string): Figure {
  const whole = parse(text);
  const layout = record(whole['layout']);
  const traces = Array.isArray(whole['data']) ? whole['data'].map(record) : [];
  if (!traces.length) {
    throw new FigureProblem(trans.__('The figure has no data.'));
  }
  if (traces.length > MAX_TRACES) {
    throw new FigureProblem(
      trans.__('The figure has %1 traces; at most %2 are drawn.', traces.length, MAX_TRACES),
    );
  }
  let count = 0;
  const cleaned = plainTexts(traces.map(checkType), MAX_DEPTH, (values) => {
    count += values;
    if (count > MAX_VALUES) {
      throw new FigureProblem(
        trans.__('The figure has more than %1 values.', MAX_VALUES.toLocaleString()),
      );
    }
  }) as Json[];
  return {
    data: cleaned.map(limited),
    layout: layoutOf(plainTexts(layout, MAX_DEPTH, () => undefined) as Json),
    height: typeof layout['height'] === 'number' ? layout['height'] : null,
    names: cleaned.flatMap(({ name }) => (typeof name === 'string' && name ? [name] : [])),
  };
}

type Json = Record<string, unknown>;

function parse(text: string): Json {
  try {
    return record(JSON.parse(text));
  } catch {
    throw new FigureProblem(trans.__('The file is not a figure of plotly.'));
  }
}

function record(value: unknown): Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function checkType(trace: Json): Json {
  const name = typeof trace['type'] === 'string' ? trace['type'] : 'scatter';
  const type = SIMILAR.get(name) ?? name;
  if (!TRACES.has(type)) {
    throw new FigureProblem(
      trans.__('Traces of the type %1 are not drawn here.', type.slice(0, 40)),
    );
  }
  return { ...trace, type };
}

/** A trace without sizes of bins and contours that would take too long. */
function limited(trace: Json): Json {
  const next: Json = { ...trace };
  for (const name of ['nbinsx', 'nbinsy', 'ncontours']) {
    const most = name === 'ncontours' ? MAX_CONTOURS : MAX_BINS;
    if (!(Number(next[name]) <= most)) {
      delete next[name];
    }
  }
  for (const name of ['xbins', 'ybins', 'contours']) {
    const bins = record(next[name]);
    const steps = (Number(bins['end']) - Number(bins['start'])) / Number(bins['size']);
    if (!(steps > 0 && steps <= (name === 'contours' ? MAX_CONTOURS : MAX_BINS))) {
      const { start: _start, end: _end, size: _size, ...rest } = bins;
      next[name] = rest;
    }
  }
  delete next['transforms'];
  return next;
}

/** Parts of a layout that are kept; colors and sizes are those of the page. */
const LAYOUT =
  /^([xy]axis\d*|title|legend\d*|barmode|barnorm|bargap|bargroupgap|boxmode|boxgap|boxgroupgap|violinmode|violingap|violingroupgap|coloraxis\d*|colorscale|grid|shapes|annotations|showlegend|margin|hovermode|piecolorway|scattermode|histnorm)$/;

function layoutOf(source: Json): Json {
  const layout = Object.fromEntries(Object.entries(source).filter(([name]) => LAYOUT.test(name)));
  const template = record(record(source['template'])['layout']);
  layout['colorscale'] ??= template['colorscale'];
  for (const name of ['shapes', 'annotations']) {
    const items = layout[name];
    layout[name] = Array.isArray(items) ? items.slice(0, MAX_ITEMS).map(record) : [];
  }
  const grid = record(layout['grid']);
  if (Number(grid['rows'] ?? 1) > MAX_GRID || Number(grid['columns'] ?? 1) > MAX_GRID) {
    delete layout['grid'];
  }
  layout['margin'] = marginOf(record(layout['margin']), Boolean(layout['title']));
  return layout;
}

function marginOf(margin: Json, titled: boolean): Json {
  const side = (name: string, usual: number): number => {
    const value = Number(margin[name] ?? usual);
    return value >= 0 && value <= 200 ? value : usual;
  };
  return { l: 48, r: 16, t: titled ? Math.max(44, side('t', 60)) : 16, b: 40 };
}
