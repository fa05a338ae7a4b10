/** Which version held each stage at what time, as bars, with the times in which alerts fired. */

import { h, notice } from '../ui/dom';
import { hueOf, stageChip } from '../ui/chips';
import { legendOf, type LegendEntry } from '../ui/legend';
import { dateTime } from '../data/numbers';
import { shortReference } from '../data/references';
import type { LiveSpan, Timeline } from '../data/timeline';
import type { AlertHistory } from '../data/monitorReport';
import type { TabContext } from '../ui/tab';
import { trans } from '../translation';
import { alertMarks } from './timelineAlerts';

/** A bar for each time in which a version held a stage, on one axis from the first event to now. */
export function liveBars(
  timeline: Timeline,
  periods: AlertHistory['periods'],
  context: TabContext,
): HTMLElement {
  const { spans } = timeline;
  if (!spans.length) {
    return notice('empty', trans.__('No version of this model has held a stage.'));
  }
  const begin = Math.min(...spans.map((span) => span.begin));
  const now = Math.max(Date.now() / 1000, begin + 1);
  const place = (time: number): string =>
    `${(100 * (Math.min(Math.max(time, begin), now) - begin)) / (now - begin)}%`;
  const stages = [...new Set(spans.map(({ stage }) => stage))];
  return h(
    'section',
    { 'aria-label': trans.__('Live versions over time') },
    h(
      'ul',
      { class: 'nbm-span' },
      stages.map((stage) =>
        h(
          'li',
          { class: 'nbm-span-stage' },
          h('span', { class: 'nbm-span-name' }, stageChip(stage)),
          h(
            'span',
            { class: 'nbm-span-bars' },
            spans
              .filter((span) => span.stage === stage)
              .map((span) => bar(span, place(span.begin), place(span.end ?? now), context)),
            alertMarks(periods, stage, place),
          ),
        ),
      ),
    ),
    h(
      'div',
      { class: 'nbm-span-axis nbm-faint' },
      h('span', null, dateTime(begin)),
      h('span', null, trans.__('now')),
    ),
    legendOf(legendEntries(timeline, periods, context)),
  );
}

/** What the colors mean, as far as the bars and the events have them. */
function legendEntries(
  { spans, events }: Timeline,
  periods: AlertHistory['periods'],
  { version }: TabContext,
): LegendEntry[] {
  const hue = { '--nbm-hue': String(hueOf(spans[0]?.stage ?? '')) };
  const { ref } = version.row;
  const fired = periods.some(({ stage }) => spans.some((span) => span.stage === stage));
  const entries: ReadonlyArray<readonly [boolean, LegendEntry]> = [
    [
      spans.some(({ end }) => end === null),
      { sample: 'now', words: trans.__('bar in bold: holds the stage now'), style: hue },
    ],
    [
      spans.some(({ end }) => end !== null),
      { sample: 'held', words: trans.__('pale bar: held the stage before'), style: hue },
    ],
    [fired, { sample: 'alert', words: trans.__('red line below a bar: an alert fired') }],
    [
      events.some((event) => event.ref === ref),
      { sample: 'own', words: trans.__('shaded row: an event of %1', ref) },
    ],
  ];
  return entries.flatMap(([on, entry]) => (on ? [entry] : []));
}

function bar(span: LiveSpan, left: string, right: string, context: TabContext): HTMLElement {
  const until = span.end === null ? trans.__('now') : dateTime(span.end);
  const name = span.ref || trans.__('a version that is gone');
  const label = [
    trans.__('%1 held %2 from %3 to %4', name, span.stage, dateTime(span.begin), until),
    span.author,
    span.text,
  ];
  return h(
    'button',
    {
      type: 'button',
      class: `nbm-span-bar${span.end === null ? ' nbm-span-now' : ''}`,
      style: {
        left,
        width: `max(3px, calc(${right} - ${left}))`,
        '--nbm-hue': String(hueOf(span.stage)),
      },
      title: label.filter(Boolean).join('\n'),
      'aria-label': label.filter(Boolean).join('. '),
      disabled: !span.ref,
      onclick: () => context.open(span.ref),
    },
    shortReference(span.ref, context.version.row.model),
  );
}
