/**
 * The chart of metrics over versions: a panel for each family, with stages and the open version.
 */

import type { Data, Layout } from 'plotly.js';

import { shorten, plainText } from './charts';
import type { Series } from './families';
import { dateTime, number } from '../data/numbers';
import type { History, Row } from '../data/answers';
import { plainSeriesColor, type Theme } from './theme';

const GAP = 0.08;
/** Most ticks that fit below a chart. */
const TICKS = 16;
/** The number of versions from which dots are smaller, so that they do not touch. */
const CROWDED = 60;

/** Pixels of the axis and the margins, and of a character of a label. */
const AXIS_WIDTH = 72;
const CHARACTER_WIDTH = 5.5;

/** Draw families of metrics over the versions of a model. */
export function metricHistoryFigure(
  groups: ReadonlyArray<readonly Series[]>,
  history: History,
  open: string,
  theme: Theme,
  width: number,
): { data: Data[]; layout: Partial<Layout> } {
  const { versions } = history;
  const colors = new Map(
    groups.flat().map(({ name }, index) => [name, plainSeriesColor(theme, index)]),
  );
  const lines = linesOf(versions);
  const data = groups.flatMap((group, panel) =>
    group.flatMap((series) =>
      lines.map((line, index) =>
        trace(series, line, {
          versions,
          open,
          theme,
          color: colors.get(series.name)!,
          axis: panel ? `y${panel + 1}` : 'y',
          first: index === 0,
        }),
      ),
    ),
  );
  return { data, layout: layoutOf(groups.length, history, open, theme, width) };
}

/** Indices of versions along a line; null where the line is interrupted. */
type Line = ReadonlyArray<number | null>;

/**
 * A line for the first branch and one for all others, with gaps: hundreds of lines would be slow.
 */
function linesOf(versions: readonly Row[]): Line[] {
  const [first = [], ...others] = branchesOf(versions);
  const rest = others.flatMap((branch) => [...branch, null]);
  return rest.length ? [first, rest] : [first];
}

/** Indices of each branch's versions; a branch starts at the version that it came from. */
function branchesOf(versions: readonly Row[]): number[][] {
  const place = new Map(versions.map(({ commit }, index) => [commit, index]));
  const branches = new Map<string, number[]>();
  versions.forEach((row, index) => {
    const line = branches.get(row.branch);
    const origin = place.get(row.parents[0] ?? '');
    if (line) {
      line.push(index);
    } else {
      branches.set(row.branch, origin === undefined ? [index] : [origin, index]);
    }
  });
  return [...branches.values()];
}

interface Look {
  versions: readonly Row[];
  open: string;
  theme: Theme;
  color: string;
  axis: string;
  /** Whether the legend shows this line. */
  first: boolean;
}

function trace(series: Series, line: Line, look: Look): Data {
  const rows = line.map((index) => (index === null ? null : look.versions[index]!));
  const mark = <T>(open: T, other: T): T[] =>
    rows.map((row) => (row?.commit === look.open ? open : other));
  const values = line.map((index) => (index === null ? NaN : series.values[index]!));
  const small = look.versions.length > CROWDED ? 3 : 5.5;
  return {
    type: 'scatter',
    mode: 'lines+markers',
    name: shorten(series.name, 28),
    legendgroup: plainText(series.name),
    showlegend: look.first,
    x: [...line],
    y: values.map((value) => (Number.isFinite(value) ? value : null)),
    yaxis: look.axis,
    customdata: rows.map((row) => row?.ref ?? null),
    hoverinfo: 'text',
    hovertext: rows.map((row, index) => (row ? hover(row, series.name, values[index]!) : '')),
    line: { color: look.color, width: 1.75, dash: look.first ? 'solid' : 'dot' },
    marker: {
      color: mark(look.theme.paper, look.color),
      size: mark(11, small),
      opacity: 1,
      line: { color: look.color, width: mark(2.5, 0) },
    },
    connectgaps: false,
  };
}

function hover(row: Row, name: string, value: number): string {
  const labels = [...row.stages, ...row.releases].map((label) => shorten(label)).join(', ');
  const lines = [`<b>${shorten(row.ref, 60)}</b>`, `${shorten(name, 40)} <b>${number(value)}</b>`];
  const rest = [labels, shorten(row.message, 60), dateTime(row.time)].filter(Boolean);
  return [...lines, ...rest].join('<br>');
}

function layoutOf(
  panels: number,
  history: History,
  open: string,
  theme: Theme,
  width: number,
): Partial<Layout> {
  const { versions } = history;
  const height = (1 - GAP * (panels - 1)) / panels;
  const axes = Array.from({ length: panels }, (_, panel) => {
    const top = 1 - panel * (height + GAP);
    const domain = [Math.max(0, top - height), Math.min(1, top)];
    return [`yaxis${panel ? panel + 1 : ''}`, { domain, zeroline: false, nticks: 5 }];
  });
  const margin = Math.max(0.4, versions.length * 0.015);
  const stagesByIndex = holders(history);
  const ringed = versions.findIndex(({ commit }) => commit === open);
  return {
    ...Object.fromEntries(axes),
    xaxis: {
      ...ticks(versions),
      range: [-margin, versions.length - 1 + margin],
      anchor: lowest(panels),
    },
    margin: { l: 8, r: 12, t: 32, b: 8 },
    hovermode: 'closest',
    showlegend: true,
    legend: { orientation: 'h', y: -0.02, yref: 'container', yanchor: 'bottom', x: 0 },
    shapes: [
      ...[...stagesByIndex].map(([index, { now }]) =>
        vertical(index, now.length ? theme.accent : theme.line),
      ),
      ...(ringed === -1 ? [] : [band(ringed, versions.length, theme)]),
    ],
    annotations: labels(stagesByIndex, versions.length, theme, width),
  } as Partial<Layout>;
}

const lowest = (panels: number): string => (panels > 1 ? `y${panels}` : 'y');

function ticks(versions: readonly Row[]): object {
  const every = Math.ceil(versions.length / TICKS);
  const chosen = versions.flatMap((row, index) => (index % every === 0 ? [{ row, index }] : []));
  return {
    tickvals: chosen.map(({ index }) => index),
    ticktext: chosen.map(({ row }) =>
      row.branch === 'main' ? `@${row.number}` : shorten(`${row.branch}@${row.number}`, 10),
    ),
    tickangle: 0,
    zeroline: false,
    showgrid: false,
  };
}

interface StageLabels {
  now: string[];
  before: string[];
}

/** The stages of each version by its index, the current ones and the former ones. */
function holders({ versions, moves }: History): Map<number, StageLabels> {
  const stagesByIndex = new Map<number, StageLabels>();
  versions.forEach((row, index) => {
    const before = moves
      .filter((move) => move.commit === row.commit && !move.removed)
      .map(({ stage }) => stage);
    if (row.stages.length || before.length) {
      const former = [...new Set(before)].filter((stage) => !row.stages.includes(stage));
      stagesByIndex.set(index, { now: [...row.stages], before: former });
    }
  });
  return stagesByIndex;
}

function vertical(index: number, color: string): object {
  return {
    type: 'line',
    x0: index,
    x1: index,
    y0: 0,
    y1: 1,
    yref: 'paper',
    layer: 'below',
    line: { color, width: 1, dash: 'dot' },
  };
}

function band(index: number, versions: number, theme: Theme): object {
  const half = Math.max(0.25, versions * 0.006);
  return {
    type: 'rect',
    x0: index - half,
    x1: index + half,
    y0: 0,
    y1: 1,
    yref: 'paper',
    layer: 'below',
    line: { width: 0 },
    fillcolor: theme.accent,
    opacity: 0.1,
  };
}

/** Names of the stages above their versions, on two levels where they would overlap. */
function labels(
  stagesByIndex: ReadonlyMap<number, StageLabels>,
  versions: number,
  theme: Theme,
  width: number,
): object[] {
  const characters = Math.max(20, (width - AXIS_WIDTH) / CHARACTER_WIDTH);
  let end = -1;
  let level = 0;
  return [...stagesByIndex].map(([index, { now, before }]) => {
    const words = [...now, ...before.map((stage) => `(${stage})`)].join(' ');
    const half = (Math.min(words.length, 20) * versions) / characters / 2;
    level = index - half < end && level === 0 ? 1 : 0;
    end = index + half;
    return {
      x: index,
      y: 1,
      yref: 'paper',
      xanchor: words.length > 8 && index > 0.9 * (versions - 1) ? 'right' : 'auto',
      yanchor: 'bottom',
      yshift: level * 13,
      text: shorten(words, 20),
      showarrow: false,
      font: { size: 10, color: now.length ? theme.accent : theme.faint },
    };
  });
}
