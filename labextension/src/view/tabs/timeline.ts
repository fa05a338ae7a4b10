/** What happened to the model, by whom and why, and which version held each stage at what time. */

import { h, notice, type Child } from '../ui/dom';
import { hueOf, releaseChip, stageChip } from '../ui/chips';
import { ago } from '../data/format';
import { dateTime } from '../data/numbers';
import type { LiveSpan, Timeline, TimelineEvent } from '../data/timeline';
import type { Tab, TabContext } from '../ui/tab';
import { trans } from '../translation';

const MAX_EVENTS = 1000;

export const timelineTab: Tab = {
  name: 'timeline',
  get title() {
    return trans.__('Timeline');
  },
  fits: (source) => source.can('timeline'),
  async draw(context) {
    const { model } = context.version.row;
    const timeline = await context.source.ask('timeline', { model, limit: MAX_EVENTS });
    return h(
      'div',
      { class: 'nbm-timeline' },
      bars(timeline, context),
      events(timeline, context),
      timeline.hasMore && h('p', { class: 'nbm-faint' }, trans.__('Older events are left out.')),
    );
  },
};

/** The names of the kinds of events. */
const KINDS: Readonly<Record<TimelineEvent['kind'], () => string>> = {
  commit: () => trans.__('Commit'),
  release: () => trans.__('Release'),
  stage: () => trans.__('Stage'),
  rollback: () => trans.__('Rollback'),
  removal: () => trans.__('Stage removed'),
  note: () => trans.__('Note'),
};

/** A bar for each time in which a version held a stage, on one axis from the first event to now. */
function bars(timeline: Timeline, context: TabContext): Child {
  const { spans } = timeline;
  if (!spans.length) {
    return notice('empty', trans.__('No version of this model has held a stage.'));
  }
  const begin = Math.min(...spans.map((span) => span.begin));
  const now = Math.max(Date.now() / 1000, begin + 1);
  const place = (time: number): string => `${(100 * (time - begin)) / (now - begin)}%`;
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
  );
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
    span.ref.replace(/^[^@]*/, ''),
  );
}

function events(timeline: Timeline, context: TabContext): HTMLElement {
  const heading = (text: string): HTMLElement =>
    h('th', { scope: 'col', role: 'columnheader' }, text);
  return h(
    'div',
    { class: 'nbm-scroll' },
    h(
      'table',
      // Roles are named, because some browsers drop those of a table that is laid out otherwise.
      { class: 'nbm-facts nbm-events', role: 'table', 'aria-label': trans.__('Events') },
      h(
        'thead',
        { role: 'rowgroup' },
        h(
          'tr',
          { role: 'row' },
          [
            trans.__('Date'),
            trans.__('Event'),
            trans.__('Version'),
            trans.__('Author'),
            trans.__('Reason'),
          ].map(heading),
        ),
      ),
      h(
        'tbody',
        { role: 'rowgroup' },
        timeline.events.map((event) => line(event, context)),
      ),
    ),
  );
}

function line(event: TimelineEvent, context: TabContext): HTMLElement {
  const { kind, label, ref, time, author, text } = event;
  const chip = label && (kind === 'release' ? releaseChip(label) : stageChip(label));
  return h(
    'tr',
    { role: 'row', class: ref === context.version.row.ref ? 'nbm-event-own' : null },
    cell(h('time', { title: ago(time) }, dateTime(time))),
    cell(KINDS[kind](), ' ', chip),
    cell(
      ref &&
        h('button', { type: 'button', class: 'nbm-link', onclick: () => context.open(ref) }, ref),
    ),
    cell(author),
    cell(text),
  );
}

function cell(...children: readonly Child[]): HTMLElement {
  return h('td', { role: 'cell' }, children);
}
