/** The chart of a metric over time, with rows below it and marks for stage moves and anomalies. */

import type { Data, Layout } from 'plotly.js-basic-dist-min';

import { shorten, plainText } from '../charts/charts';
import { countedRows } from '../data/format';
import { number } from '../data/numbers';
import type { MonitorReport } from '../data/monitorReport';
import type { Theme } from '../charts/theme';
import { exponentialAverage, movingAverage } from './averages';
import { layoutOf } from './axes';
import {
  withGaps,
  finite,
  keyOf,
  thresholdOf,
  linesOf,
  middle,
  nameOf,
  subjectsOf,
  timeRange,
  VOLUME,
  type Line,
} from './series';
import { marksOf } from './stageMarks';
import { stageMarkers, anomalyMarkers, type ChartSelection } from './anomalyMarkers';
import { windowName } from './timeFormat';
import { trans } from '../translation';

/** Averages that the chart can show with a metric. */
export const AVERAGES = [
  {
    name: 'moving',
    title: () => trans.__('Moving average'),
    of: movingAverage,
    dash: 'dash',
  },
  {
    name: 'exponential',
    title: () => trans.__('Exponential average'),
    of: exponentialAverage,
    dash: 'dot',
  },
] as const;

/**
 * The number of bars from which volume is a filled line: thousands of bars are slow and too thin.
 */
const CROWDED = 1200;

/** Draw `look.metric` and the volume. */
export function metricFigure(
  given: MonitorReport,
  look: ChartSelection,
  theme: Theme,
): { data: Data[]; layout: Partial<Layout> } {
  const subjects = subjectsOf(given).map(keyOf);
  const colorOf = (line: Line): string =>
    theme.series[subjects.indexOf(keyOf(line)) % theme.series.length]!;
  const lines = linesOf(given, look.metric);
  const volume = linesOf(given, VOLUME);
  const marks = marksOf(given);
  const within = timeRange(given) ?? [given.until - given.windowSeconds, given.until];
  const data = [
    ...volume.map((line) => rows(line, given, colorOf(line))),
    ...lines.flatMap((line) => drawn(line, given, look, colorOf(line))),
    ...anomalyMarkers(given, look, theme),
    stageMarkers(marks, theme),
  ];
  const limit = thresholdOf(given, look.metric);
  return { data, layout: layoutOf(given, marks, within, limit, lines.length === 0, theme) };
}

function drawn(given: Line, of: MonitorReport, look: ChartSelection, color: string): Data[] {
  const chosen = AVERAGES.filter(({ name }) => look.averages.includes(name));
  const line = withGaps(given, of.windowSeconds);
  const shared = {
    type: 'scatter' as const,
    x: line.times.map((time) => middle(time, of)),
    legendgroup: plainText(keyOf(line)),
    hoverinfo: 'text' as const,
    connectgaps: false,
  };
  const says = (value: number, time: number, what: string): string =>
    `<b>${shorten(nameOf(line), 60)}</b><br>${what} <b>${number(value)}</b><br>${windowName(time, of.windowSeconds)}`;
  const metric = shorten(look.metric, 40);
  return [
    {
      ...shared,
      mode: 'lines+markers',
      name: shorten(nameOf(line), 28),
      y: finite(line.values),
      hovertext: line.values.map((value, at) => says(value, line.times[at]!, metric)),
      line: { color, width: 1.75 },
      marker: { color, size: line.times.length > 120 ? 2.5 : 4.5 },
      opacity: chosen.length ? 0.32 : 1,
    },
    ...chosen.map(({ title, of: average, dash }): Data => {
      const values = average(line.values, look.span);
      const what = trans.__('%1, %2 of %3', metric, title().toLowerCase(), look.span);
      return {
        ...shared,
        mode: 'lines',
        name: shorten(`${nameOf(line)} ${title().toLowerCase()}`, 40),
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
    name: shorten(nameOf(line), 28),
    legendgroup: plainText(keyOf(line)),
    showlegend: false,
    x: line.times.map((time) => middle(time, given)),
    y: finite(line.values),
    yaxis: 'y2',
    hoverinfo: 'text' as const,
    hovertext: line.values.map(
      (value, at) =>
        `<b>${shorten(nameOf(line), 60)}</b><br>${countedRows(value)}<br>${windowName(line.times[at]!, windowSeconds)}`,
    ),
  };
  if (line.times.length > CROWDED) {
    return {
      ...shared,
      type: 'scatter',
      mode: 'lines',
      stackgroup: 'rows',
      line: { color, width: 0.5 },
    };
  }
  // Bars are almost as wide as their windows, with a small gap.
  return {
    ...shared,
    type: 'bar',
    width: windowSeconds * 1000 * 0.86,
    marker: { color, opacity: 0.55 },
  };
}
