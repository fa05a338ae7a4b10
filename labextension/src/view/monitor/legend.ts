/** The legend of the chart over time: versions, and what each mark means. */

import { seriesColor } from '../charts/theme';
import type { MonitorReport } from '../data/monitorReport';
import { fillLegend, makeLegend, type LegendEntry } from '../ui/legend';
import { shownAnomalies, type ChartSelection } from './anomalyMarkers';
import { firedOf, limitLines } from './limits';
import { keyOf, linesOf, nameOf, subjectsOf, VOLUME } from './series';
import { marksOf } from './stageMarks';
import { trans } from '../translation';

export class Legend {
  readonly element = makeLegend();
  private drawn = '';

  draw(report: MonitorReport, look: ChartSelection): void {
    const entries = entriesOf(report, look);
    const state = JSON.stringify(entries);
    if (state !== this.drawn) {
      this.drawn = state;
      fillLegend(this.element, entries);
    }
  }
}

function entriesOf(report: MonitorReport, look: ChartSelection): LegendEntry[] {
  const subjects = subjectsOf(report);
  const drawn = new Set(
    [...linesOf(report, look.metric), ...linesOf(report, VOLUME)].map((line) => keyOf(line)),
  );
  const lines = subjects.flatMap((subject, at): LegendEntry[] =>
    drawn.has(keyOf(subject))
      ? [{ sample: 'series', words: nameOf(subject), style: { color: seriesColor(at) } }]
      : [],
  );
  const marks = marksOf(report);
  const { own, volume, others } = firedOf(report.firedPeriods, look.metric);
  const limited = [look.metric, VOLUME].some((metric) => limitLines(report, metric).length > 0);
  const optional: ReadonlyArray<readonly [boolean, string, string]> = [
    [limited, 'limit', trans.__('dashed line: limit of a rule or measure')],
    [own.length + volume.length > 0, 'fired', trans.__('shaded time: alert fired')],
    [others.length > 0, 'other', trans.__('bar at the bottom: alert on another metric fired')],
    [shownAnomalies(report, look).length > 0, 'anomaly', trans.__('circle: anomaly')],
    [
      marks.some(({ rolledBack }) => !rolledBack),
      'move',
      trans.__('dotted line: version or stage changed'),
    ],
    [
      marks.some(({ rolledBack }) => rolledBack),
      'rollback',
      trans.__('dotted line with ↩: rolled back'),
    ],
  ];
  return [
    ...lines,
    ...optional.flatMap(([on, sample, words]): LegendEntry[] => (on ? [{ sample, words }] : [])),
  ];
}
