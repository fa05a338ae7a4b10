/** What happened to the model, by whom and why, and which version held each stage at what time. */

import { fill, h, notice, type Child } from '../ui/dom';
import { releaseChip, stageChip } from '../ui/chips';
import type { Timeline } from '../data/timeline';
import type { AlertHistory } from '../data/monitorReport';
import type { RequestError } from '../data/source';
import type { Tab, TabContext } from '../ui/tab';
import { trans } from '../translation';
import { eventRow, eventTable } from './eventTable';
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
  evaluation: () => trans.__('Evaluation'),
  purge: () => trans.__('Purge'),
  alert: () => trans.__('Alert'),
  alertEnd: () => trans.__('Alert ended'),
};

function events(all: readonly Event[], context: TabContext): HTMLElement {
  const { table, body } = eventTable(trans.__('Events'), [
    trans.__('Date'),
    trans.__('Event'),
    trans.__('Version'),
    trans.__('Author'),
    trans.__('Reason'),
  ]);
  body.append(...all.map((event) => line(event, context)));
  return table;
}

/** Events that give a stage, or take it away. */
const MOVES: ReadonlySet<Event['kind']> = new Set(['stage', 'rollback', 'removal']);

function line(event: Event, context: TabContext): HTMLElement {
  const { kind, label, author, text } = event;
  const chip = label && (kind === 'release' ? releaseChip(label) : stageChip(label));
  const what = [h('span', { class: `nbm-event-${kind}` }, KINDS[kind]()), ' ', chip];
  const reason = text || (MOVES.has(kind) && trans.__('no reason given'));
  return eventRow(event, context, what, author, reason);
}
