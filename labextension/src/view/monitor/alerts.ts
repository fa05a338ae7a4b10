/** Alerts: a banner for each firing one, and a table of all. */

import { copyButton } from '../ui/copy';
import { h, icon, type Child } from '../ui/dom';
import { number } from '../data/numbers';
import type { AlertState } from '../data/monitorReport';
import { nameOf } from './series';
import { DAY, minute, windowName } from './timeFormat';
import { trans } from '../translation';

export interface AlertEvents {
  open(ref: string): void;
  /** Null if this interface cannot roll back. */
  rollBack: ((stage: string) => void) | null;
}

/** A banner for each firing alert: its rule, its value, and the command that rolls back. */
export function firing(
  alerts: readonly AlertState[],
  width: number,
  events: AlertEvents,
): HTMLElement[] {
  return alerts
    .filter(({ state }) => state === 'firing')
    .map((alert) => banner(alert, width, events));
}

function banner(alert: AlertState, width: number, { open, rollBack }: AlertEvents): HTMLElement {
  const { rule, version, stage, lastGoodVersion, rollback, since } = alert;
  const link = (ref: string): HTMLElement =>
    h('button', { type: 'button', class: 'nbm-link', onclick: () => open(ref) }, ref);
  return h(
    'section',
    { class: 'nbm-firing', 'aria-label': trans.__('Firing: %1', rule) },
    icon('warning'),
    h(
      'div',
      { class: 'nbm-firing-text' },
      h(
        'p',
        null,
        h('b', { class: 'nbm-firing-word' }, trans.__('Firing')),
        ' ',
        h('b', null, rule),
      ),
      h(
        'p',
        null,
        link(version),
        stage && ` ${trans.__('in %1', stage)}`,
        measured(alert),
        since !== null && ` ${trans.__('since %1', windowName(since, width))}`,
        '. ',
        lastGoodVersion
          ? [trans.__('Last good version:'), ' ', link(lastGoodVersion), '.']
          : trans.__('No version held the stage before.'),
      ),
      rollback &&
        h(
          'div',
          { class: 'nbm-firing-back' },
          h('code', null, rollback),
          copyButton(rollback, trans.__('Copy the rollback command')),
          rollBack &&
            stage &&
            h(
              'button',
              { type: 'button', class: 'nbm-button', onclick: () => rollBack(stage) },
              icon('rollback'),
              trans.__('Roll back'),
            ),
        ),
    ),
  );
}

function measured({ metric, value, window }: AlertState): Child {
  return (
    value !== null &&
    metric && [': ', h('span', null, trans.__('%1 is %2 %3', metric, number(value), window)), ',']
  );
}

const ORDER: Readonly<Record<AlertState['state'], number>> = {
  firing: 0,
  pending: 1,
  'no data': 2,
  ok: 3,
};

/** The text of a state. A state that this version does not know is shown unchanged. */
function stateName(state: AlertState['state']): string {
  return STATE_NAMES[state]?.() ?? state;
}

const STATE_NAMES: Readonly<Partial<Record<AlertState['state'], () => string>>> = {
  firing: () => trans.__('firing'),
  pending: () => trans.__('pending'),
  'no data': () => trans.__('no data'),
  ok: () => trans.__('ok'),
};

/** All alerts with their states. */
export function alertTable(alerts: readonly AlertState[], width: number): HTMLElement {
  const sorted = [...alerts].sort((a, b) => ORDER[a.state] - ORDER[b.state]);
  const headings = [
    trans.__('state'),
    trans.__('rule'),
    trans.__('version'),
    trans.__('value'),
    trans.__('now'),
    trans.__('since'),
    trans.__('notified'),
  ];
  return h(
    'div',
    { class: 'nbm-scroll', tabindex: 0 },
    h(
      'table',
      { class: 'nbm-fact-table nbm-alerts', 'aria-label': trans.__('Alerts') },
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          headings.map((heading) => h('th', { scope: 'col' }, heading)),
        ),
      ),
      h(
        'tbody',
        null,
        sorted.map((alert) => line(alert, width)),
      ),
    ),
  );
}

function line(alert: AlertState, width: number): HTMLElement {
  const { state, rule, metric, value, since, notify } = alert;
  const css = state in ORDER ? state.replace(' ', '-') : 'no-data';
  const cell = (words: string): HTMLElement =>
    h('td', { title: words.length > 40 && words }, h('span', { class: 'nbm-clip' }, words));
  return h(
    'tr',
    null,
    h('td', null, h('span', { class: `nbm-state nbm-state-${css}` }, stateName(state))),
    h('th', { scope: 'row', title: rule }, h('span', { class: 'nbm-clip' }, rule)),
    cell(nameOf(alert)),
    cell(value === null ? '' : `${metric === '' ? '' : `${metric} `}${number(value)}`),
    cell(presentValue(alert)),
    cell(since === null ? '' : windowName(since, width)),
    cell(notify.join(', ')),
  );
}

/** The value so far in a window that is not complete, and when the rule is judged. */
function presentValue({ current, judgedAt, metric, value }: AlertState): string {
  if (current === null || judgedAt === null) {
    return '';
  }
  const name = value === null && metric !== '' ? `${metric} ` : '';
  return trans.__('%1 now, judged at %2 UTC', `${name}${number(current)}`, judgedTime(judgedAt));
}

/** The time of day; with the date if it is more than a day ahead. */
function judgedTime(time: number): string {
  const words = minute(time);
  return time - Date.now() / 1000 > DAY ? words : words.slice(11);
}
