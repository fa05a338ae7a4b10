/** A table of what happened to a model: the timeline and the audit share it. */

import { h, type Child } from '../ui/dom';
import { ago } from '../data/format';
import { dateTime } from '../data/numbers';
import type { TabContext } from '../ui/tab';

export interface EventTable {
  table: HTMLElement;
  /** Holds the rows; empty at first. */
  body: HTMLElement;
}

/** A table with one heading for each column. */
export function eventTable(label: string, headings: readonly string[]): EventTable {
  const heading = (text: string): HTMLElement =>
    h('th', { scope: 'col', role: 'columnheader' }, text);
  const body = h('tbody', { role: 'rowgroup' });
  const table = h(
    'table',
    // Roles are named, because some browsers drop those of a table that is laid out otherwise.
    { class: 'nbm-facts nbm-events', role: 'table', 'aria-label': label },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, headings.map(heading))),
    body,
  );
  return { table, body };
}

/** A row: its time, what happened, a link to the version, and further cells. */
export function eventRow(
  { time, ref }: { time: number; ref: string },
  context: TabContext,
  what: Child,
  ...rest: readonly Child[]
): HTMLElement {
  const link =
    ref &&
    h('button', { type: 'button', class: 'nbm-link', onclick: () => context.open(ref) }, ref);
  const cells = [h('time', { title: ago(time) }, dateTime(time)), what, link, ...rest];
  return h(
    'tr',
    { role: 'row', class: ref === context.version.row.ref ? 'nbm-event-own' : null },
    cells.map((content) => h('td', { role: 'cell' }, content)),
  );
}
