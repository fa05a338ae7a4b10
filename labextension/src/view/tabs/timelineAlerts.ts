/** Alerts as events of the timeline: when each began to fire, and when it ended. */

import { h } from '../ui/dom';
import { dateTime, number } from '../data/numbers';
import type { TimelineEvent } from '../data/timeline';
import type { AlertPeriod } from '../data/monitorReport';
import { trans } from '../translation';

/** An event of the timeline; those of alerts come from the prediction log. */
export type Event = Omit<TimelineEvent, 'kind'> & {
  kind: TimelineEvent['kind'] | 'alert' | 'alertEnd';
};

/** The start of each period, and its end unless the alert still fires. */
export function alertEvents(periods: readonly AlertPeriod[]): Event[] {
  return periods.flatMap((period) => {
    const { metric, rule, version, stage, start, end, value, lastValue } = period;
    const event = { ref: version, label: stage, author: '' };
    const words = trans.__('%1: %2 is %3 %4', rule, metric, number(value), period.window);
    const lastWords = [rule, metric, number(lastValue), period.lastWindow] as const;
    const last = trans.__('%1: %2 was %3 %4', ...lastWords);
    return [
      { ...event, kind: 'alert' as const, time: start, text: words },
      ...(end === null ? [] : [{ ...event, kind: 'alertEnd' as const, time: end, text: last }]),
    ];
  });
}

/** The events with those of alerts, the newest first; a page ends with its oldest event. */
export function merged(
  events: readonly TimelineEvent[],
  alerts: readonly Event[],
  hasMore: boolean,
): Event[] {
  const oldest = hasMore ? (events.at(-1)?.time ?? 0) : 0;
  const own = alerts.filter(({ time }) => time >= oldest);
  return [...events, ...own].sort((one, other) => other.time - one.time);
}

/** A mark on the bar of a stage for each period in which an alert of it fired. */
export function alertMarks(
  periods: readonly AlertPeriod[],
  stage: string,
  place: (time: number) => string,
): HTMLElement[] {
  return periods
    .filter((period) => period.stage === stage)
    .map(({ rule, start, end }) => {
      const until = end === null ? trans.__('now') : dateTime(end);
      const words = trans.__('Alert %1 fired from %2 to %3', rule, dateTime(start), until);
      const [left, right] = [place(start), place(end ?? Number.POSITIVE_INFINITY)];
      return h('span', {
        class: 'nbm-span-alert',
        role: 'img',
        'aria-label': words,
        title: words,
        style: { left, width: `max(3px, calc(${right} - ${left}))` },
      });
    });
}
