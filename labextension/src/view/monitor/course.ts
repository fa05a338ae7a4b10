/** The chart of a metric over time, rows below it: versions, stage moves and anomalies marked. */

import type { Data, Layout } from 'plotly.js-basic-dist-min';

import { short, text } from '../charts';
import { count } from '../format';
import { number } from '../numbers';
import type { MonitorReport } from '../source';
import type { Theme } from '../theme';
import { exponentialAverage, movingAverage } from './averages';
import { layoutOf } from './axes';
import {
  broken,
  finite,
  keyOf,
  thresholdOf,
  linesOf,
  middle,
  nameOf,
  peopleOf,
  reach,
  VOLUME,
  type Line,
} from './lines';
import { marksOf } from './marks';
import { flags, odd, type Look } from './odd';
import { windowName } from './times';

/** Averages that can be laid over a metric. */
export const AVERAGES = [
  { name: 'moving', title: 'Moving average', of: movingAverage, dash: 'dash' },
  { name: 'exponential', title: 'Exponential average', of: exponentialAverage, dash: 'dot' },
] as const;

/** Bars from which on volume is a filled line: thousands of bars are slow and not seen. */
const CROWDED = 1200;

/** Draw `look.metric` and the volume. */
export function course(
  given: MonitorReport,
  look: Look,
  theme: Theme,
): { data: Data[]; layout: Partial<Layout> } {
  const people = peopleOf(given).map(keyOf);
  const colorOf = (line: Line): string =>
    theme.series[people.indexOf(keyOf(line)) % theme.series.length]!;
  const lines = linesOf(given, look.metric);
  const volume = linesOf(given, VOLUME);
  const marks = marksOf(given);
  const within = reach(given) ?? [given.until - given.windowSeconds, given.until];
  const data = [
    ...volume.map((line) => rows(line, given, colorOf(line))),
    ...lines.flatMap((line) => drawn(line, given, look, colorOf(line))),
    ...odd(given, look, theme),
    flags(marks, theme),
  ];
  const limit = thresholdOf(given, look.metric);
  return { data, layout: layoutOf(given, marks, within, limit, lines.length === 0, theme) };
}

function drawn(given: Line, of: MonitorReport, look: Look, color: string): Data[] {
  const chosen = AVERAGES.filter(({ name }) => look.averages.includes(name));
  const line = broken(given, of.windowSeconds);
  const shared = {
    type: 'scatter' as const,
    x: line.times.map((time) => middle(time, of)),
    legendgroup: text(keyOf(line)),
    hoverinfo: 'text' as const,
    connectgaps: false,
  };
  const says = (value: number, time: number, what: string): string =>
    `<b>${short(nameOf(line), 60)}</b><br>${what} <b>${number(value)}</b><br>${windowName(time, of.windowSeconds)}`;
  const metric = short(look.metric, 40);
  return [
    {
      ...shared,
      mode: 'lines+markers',
      name: short(nameOf(line), 28),
      y: finite(line.values),
      hovertext: line.values.map((value, at) => says(value, line.times[at]!, metric)),
      line: { color, width: 1.75 },
      marker: { color, size: line.times.length > 120 ? 2.5 : 4.5 },
      opacity: chosen.length ? 0.32 : 1,
    },
    ...chosen.map(({ title, of: average, dash }): Data => {
      const values = average(line.values, look.span);
      const what = `${metric}, ${title.toLowerCase()} of ${look.span}`;
      return {
        ...shared,
        mode: 'lines',
        name: short(`${nameOf(line)} ${title.toLowerCase()}`, 40),
        showlegend: false,
        y: finite(values),
        hovertext: values.map((value, at) => says(value, line.times[at]!, what)),
        line: { color, width: 2, dash },
      };
    }),
  ];
}

function rows(line: Line, given: MonitorReport, color: string): Data {
  const { windowSeconds } = given;
  const shared = {
    name: short(nameOf(line), 28),
    legendgroup: text(keyOf(line)),
    showlegend: false,
    x: line.times.map((time) => middle(time, given)),
    y: finite(line.values),
    yaxis: 'y2',
    hoverinfo: 'text' as const,
    hovertext: line.values.map(
      (value, at) =>
        `<b>${short(nameOf(line), 60)}</b><br><b>${count(value)}</b> rows<br>${windowName(line.times[at]!, windowSeconds)}`,
    ),
  };
  if (line.times.length > CROWDED) {
    return {
      ...shared,
      type: 'scatter',
      mode: 'lines',
      stackgroup: 'rows',
      line: { color, width: 0.5 },
    } as Data;
  }
  // Bars as wide as their windows, but for a gap.
  return {
    ...shared,
    type: 'bar',
    width: windowSeconds * 1000 * 0.86,
    marker: { color, opacity: 0.55 },
  };
}
