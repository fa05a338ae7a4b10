/** What happened to the model, by whom and why, and which version held each stage at what time. */

import { fill, h, notice, type Child } from '../ui/dom';
import { releaseChip, stageChip } from '../ui/chips';
import { ago } from '../data/format';
import { dateTime } from '../data/numbers';
import type { Timeline } from '../data/timeline';
import type { AlertHistory } from '../data/monitorReport';
import type { RequestError } from '../data/source';
import type { Tab, TabContext } from '../ui/tab';
import { trans } from '../translation';
import { liveBars } from './liveBars';
import { alertEvents, merged, type Event } from './timelineAlerts';
import { toRequestError } from './unreadable';

const MAX_EVENTS = 1000;
/** Milliseconds that the timeline waits for its alerts, which come from the prediction log. */
const MAX_WAIT_MS = 700;

type Alerts = { history: AlertHistory } | { error: RequestError };

export const timelineTab: Tab = {
  name: 'timeline',
  get title() {
    return trans.__('Timeline');
  },
  fits: (source) => source.can('timeline'),
  async draw(context) {
    const { model } = context.version.row;
    const alerts = askAlerts(context);
    const timeline = await context.source.ask('timeline', { model, limit: MAX_EVENTS });
    const element = h('div', { class: 'nbm-timeline' });
    const inTime = await Promise.race([alerts, pause(MAX_WAIT_MS)]);
    draw(element, timeline, context, inTime);
    if (inTime === null) {
      void alerts.then((late) =>
        announce(element, late, () => draw(element, timeline, context, late)),
      );
    }
    return element;
  },
};

const NONE: AlertHistory = { model: '', periods: [], hasMore: false, unreadable: '' };

async function askAlerts({ source, version }: TabContext): Promise<Alerts> {
  const { model } = version.row;
  if (!source.can('alertHistory')) {
    return { history: NONE };
  }
  try {
    return { history: await source.ask('alertHistory', { model, limit: MAX_EVENTS }) };
  } catch (error) {
    return { error: toRequestError(error) };
  }
}

const pause = (time: number): Promise<null> =>
  new Promise((done) => setTimeout(() => done(null), time));

/** Draw bars and events; without `alerts`, a line says that they are being read. */
function draw(
  element: HTMLElement,
  timeline: Timeline,
  context: TabContext,
  alerts: Alerts | null,
): void {
  const { periods, hasMore } = alerts && 'history' in alerts ? alerts.history : NONE;
  const all = merged(timeline.events, alertEvents(periods), timeline.hasMore);
  fill(
    element,
    liveBars(timeline, periods, context),
    stateLine(alerts),
    events(all, context),
    (timeline.hasMore || hasMore) &&
      h('p', { class: 'nbm-faint' }, trans.__('Older events are left out.')),
  );
}

function stateLine(alerts: Alerts | null): Child {
  if (alerts && 'error' in alerts) {
    const { what, hint } = alerts.error;
    return notice('warning', trans.__('Alerts are not shown: %1', what), hint);
  }
  if (alerts?.history.unreadable) {
    return notice('warning', missing(alerts.history));
  }
  return (
    alerts === null &&
    h(
      'p',
      { class: 'nbm-timeline-wait nbm-faint', role: 'status' },
      trans.__('Reading the alerts from the prediction log…'),
    )
  );
}

/** Offer alerts that came late: rows that appear by themselves would move those being read. */
function announce(element: HTMLElement, alerts: Alerts, show: () => void): void {
  const line = element.querySelector('.nbm-timeline-wait');
  if (!line) {
    return;
  }
  if ('error' in alerts) {
    fill(line, trans.__('Alerts are not shown: %1', alerts.error.message));
    return;
  }
  const { periods, unreadable } = alerts.history;
  const { length } = periods;
  fill(
    line,
    unreadable && `${missing(alerts.history)} `,
    length > 0
      ? h(
          'button',
          { type: 'button', class: 'nbm-button', onclick: show },
          trans._n('Show %2 alert that fired', 'Show %2 alerts that fired', length, String(length)),
        )
      : trans.__('No alert has fired.'),
  );
}

const missing = ({ unreadable }: AlertHistory): string =>
  trans.__('Alerts may be missing: %1.', unreadable);

/** The names of the kinds of events. */
const KINDS: Readonly<Record<Event['kind'], () => string>> = {
  commit: () => trans.__('Commit'),
  release: () => trans.__('Release'),
  stage: () => trans.__('Stage'),
  rollback: () => trans.__('Rollback'),
  removal: () => trans.__('Stage removed'),
  note: () => trans.__('Note'),
  approval: () => trans.__('Approval'),
  purge: () => trans.__('Purge'),
  alert: () => trans.__('Alert'),
  alertEnd: () => trans.__('Alert ended'),
};

function events(all: readonly Event[], context: TabContext): HTMLElement {
  const heading = (text: string): HTMLElement =>
    h('th', { scope: 'col', role: 'columnheader' }, text);
  return h(
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
      all.map((event) => line(event, context)),
    ),
  );
}

/** Events that give a stage, or take it away. */
const MOVES: ReadonlySet<Event['kind']> = new Set(['stage', 'rollback', 'removal']);

function line(event: Event, context: TabContext): HTMLElement {
  const { kind, label, ref, time, author, text } = event;
  const chip = label && (kind === 'release' ? releaseChip(label) : stageChip(label));
  return h(
    'tr',
    { role: 'row', class: ref === context.version.row.ref ? 'nbm-event-own' : null },
    cell(h('time', { title: ago(time) }, dateTime(time))),
    cell(h('span', { class: `nbm-event-${kind}` }, KINDS[kind]()), ' ', chip),
    cell(
      ref &&
        h('button', { type: 'button', class: 'nbm-link', onclick: () => context.open(ref) }, ref),
    ),
    cell(author),
    cell(text || (MOVES.has(kind) && trans.__('no reason given'))),
  );
}

function cell(...children: readonly Child[]): HTMLElement {
  return h('td', { role: 'cell' }, children);
}
