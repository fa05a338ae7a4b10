/** The legend of the chart over time: versions, and what each mark means. */

import { fill, h } from '../ui/dom';
import { seriesColor } from '../charts/theme';
import type { MonitorReport } from '../data/monitorReport';
import { shownAnomalies, type ChartSelection } from './anomalyMarkers';
import { firedOf, limitLines } from './limits';
import { keyOf, linesOf, nameOf, subjectsOf, VOLUME } from './series';
import { marksOf } from './stageMarks';
import { trans } from '../translation';

export class Legend {
  readonly element = h('ul', { class: 'nbm-chart-legend', 'aria-label': trans.__('Legend') });
  private drawn = '';

  draw(report: MonitorReport, look: ChartSelection): void {
    const entries = entriesOf(report, look);
    const state = JSON.stringify(entries);
    if (state !== this.drawn) {
      this.drawn = state;
      fill(
        this.element,
        entries.map(([sample, words, series]) =>
          h(
            'li',
            null,
            h('i', {
              class: `nbm-sample nbm-sample-${sample}`,
              style: series === undefined ? undefined : { color: seriesColor(series) },
            }),
            words,
          ),
        ),
      );
    }
  }
}

type Entry = readonly [sample: string, words: string, series?: number];

function entriesOf(report: MonitorReport, look: ChartSelection): Entry[] {
  const subjects = subjectsOf(report);
  const drawn = new Set(
    [...linesOf(report, look.metric), ...linesOf(report, VOLUME)].map((line) => keyOf(line)),
  );
  const lines = subjects.flatMap((subject, at): Entry[] =>
    drawn.has(keyOf(subject)) ? [['series', nameOf(subject), at]] : [],
  );
  const marks = marksOf(report);
  const { own, volume, others } = firedOf(report.firedPeriods, look.metric);
  const limited = [look.metric, VOLUME].some((metric) => limitLines(report, metric).length > 0);
  const optional: ReadonlyArray<readonly [boolean, string, string]> = [
    [limited, 'limit', trans.__('limit of a rule or measure')],
    [own.length + volume.length > 0, 'fired', trans.__('alert fired')],
    [others.length > 0, 'other', trans.__('alert on another metric fired')],
    [shownAnomalies(report, look).length > 0, 'anomaly', trans.__('anomaly')],
    [marks.some(({ rolledBack }) => !rolledBack), 'move', trans.__('version or stage changed')],
    [marks.some(({ rolledBack }) => rolledBack), 'rollback', trans.__('rolled back')],
  ];
  return [...lines, ...optional.flatMap(([on, ...entry]): Entry[] => (on ? [entry] : []))];
}
