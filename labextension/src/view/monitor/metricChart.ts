/** The chart of a metric over time, with rows below it and marks for stage moves and anomalies. */

import type { Data, Layout } from 'plotly.js';

import { shorten, plainText } from '../charts/charts';
import type { MonitorReport } from '../data/monitorReport';
import { plainSeriesColor, type Theme } from '../charts/theme';
import { exponentialAverage, movingAverage } from './averages';
import { chartRange, layoutOf } from './axes';
import { readoutTraces, windowsIn } from './readout';
import {
  withGaps,
  finite,
  keyOf,
  linesOf,
  middle,
  nameOf,
  subjectsOf,
  VOLUME,
  type Line,
} from './series';
import { marksOf } from './stageMarks';
import { stageMarkers, anomalyMarkers, type ChartSelection } from './anomalyMarkers';
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

/** Draw `look.metric` and the volume in a chart of a width in pixels. */
export function metricFigure(
  report: MonitorReport,
  look: ChartSelection,
  theme: Theme,
  width = 0,
): { data: Data[]; layout: Partial<Layout> } {
  const subjects = subjectsOf(report).map(keyOf);
  const colorOf = (line: Line): string => plainSeriesColor(theme, subjects.indexOf(keyOf(line)));
  const lines = linesOf(report, look.metric);
  const volume = linesOf(report, VOLUME);
  const marks = marksOf(report);
  const within = chartRange(report, look);
  const data = [
    ...volume.map((line) => rows(line, report, colorOf(line))),
    ...lines.flatMap((line) => drawn(line, report, look, colorOf(line))),
    ...anomalyMarkers(report, look, theme),
    stageMarkers(marks, theme),
    ...readoutTraces(report, look, windowsIn(within, report)),
  ];
  return { data, layout: layoutOf(report, look, { marks, within, width }, theme) };
}

function drawn(source: Line, of: MonitorReport, look: ChartSelection, color: string): Data[] {
  const averages = AVERAGES.filter(({ name }) => look.averages.includes(name));
  const line = withGaps(source, of.windowSeconds);
  const shared = {
    type: 'scatter' as const,
    x: line.times.map((time) => middle(time, of)),
    legendgroup: plainText(keyOf(line)),
    hoverinfo: 'skip' as const,
    connectgaps: false,
  };
  return [
    {
      ...shared,
      mode: 'lines+markers',
      name: shorten(nameOf(line), 28),
      y: finite(line.values),
      line: { color, width: 1.75 },
      marker: { color, size: line.times.length > 120 ? 2.5 : 4.5 },
      opacity: averages.length ? 0.32 : 1,
    },
    ...averages.map(({ title, of: average, dash }): Data => {
      const values = average(line.values, look.span);
      return {
        ...shared,
        mode: 'lines',
        name: shorten(`${nameOf(line)} ${title().toLowerCase()}`, 40),
        showlegend: false,
        y: finite(values),
        line: { color, width: 2, dash },
      };
    }),
  ];
}

function rows(line: Line, report: MonitorReport, color: string): Data {
  const { windowSeconds } = report;
  const shared = {
    name: shorten(nameOf(line), 28),
    legendgroup: plainText(keyOf(line)),
    showlegend: false,
    x: line.times.map((time) => middle(time, report)),
    y: finite(line.values),
    yaxis: 'y2',
    hoverinfo: 'skip' as const,
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
