/**
 * The line below the table: the result of the last action, what bold numbers mean, and the buttons
 * for other pages.
 */

import { h, icon, type Child, type IconName } from './dom';
import { count } from '../data/format';
import type { Page } from '../data/answers';
import { trans } from '../translation';

/** Rows of a page. */
export const LIMIT = 50;

export interface Pager {
  element: HTMLElement;
  /** `hasBest` if the table marks best values. */
  draw(page: Page | null, hasBest?: boolean): void;
  /** Report the result of an action. */
  say(text: string): void;
}

type Way = 'first' | 'previous' | 'next' | 'last';

const WAYS: ReadonlyArray<readonly [Way, () => string, IconName, (page: Page) => number]> = [
  ['first', () => trans.__('First page'), 'first', () => 0],
  ['previous', () => trans.__('Previous page'), 'left', (page) => Math.max(page.offset - LIMIT, 0)],
  ['next', () => trans.__('Next page'), 'right', (page) => page.offset + LIMIT],
  [
    'last',
    () => trans.__('Last page'),
    'last',
    (page) => Math.floor(Math.max(page.total - 1, 0) / LIMIT) * LIMIT,
  ],
];

/** Whether each button leads to another page. */
const OPEN: Readonly<Record<Way, (page: Page) => boolean>> = {
  first: (page) => page.offset > 0,
  previous: (page) => page.offset > 0,
  next: (page) =>
    page.offset + page.rows.length < page.total ||
    (page.totalIsLowerBound && page.rows.length === LIMIT),
  last: (page) => page.offset + page.rows.length < page.total,
};

export function makePager(turn: (offset: number) => void): Pager {
  let drawnPage: Page | null = null;
  const buttons = WAYS.map(([way, label, name, to]) =>
    h(
      'button',
      {
        type: 'button',
        class: 'nbm-button nbm-button-quiet',
        'aria-label': label(),
        title: label(),
        'data-way': way,
        onclick: () => drawnPage && OPEN[way](drawnPage) && turn(to(drawnPage)),
      },
      icon(name),
    ),
  );
  const range = h('span', { class: 'nbm-range', role: 'status' });
  const status = h('p', { class: 'nbm-said', role: 'status' });
  const key = h('p', { class: 'nbm-best-key', hidden: true }, bestKey());
  const element = h(
    'div',
    { class: 'nbm-foot' },
    status,
    key,
    range,
    h('div', { class: 'nbm-pager', role: 'group', 'aria-label': trans.__('Pages') }, buttons),
  );

  function draw(page: Page | null, hasBest = false): void {
    drawnPage = page;
    key.hidden = !hasBest;
    range.textContent = page ? rangeOf(page) : '';
    for (const [index, [way]] of WAYS.entries()) {
      // Not `disabled`, which would take the focus from a user who pages with the keyboard.
      buttons[index]?.setAttribute('aria-disabled', String(!page || !OPEN[way](page)));
    }
  }

  const say = (text: string): void => {
    status.textContent = text;
  };
  return { element, draw, say };
}

function bestKey(): Child {
  return [h('b', null, trans.__('Bold number')), trans.__(': best of its model on this page')];
}

/** The range of the rows: `1–50 of 10,000+`. */
export function rangeOf(page: Page): string {
  const last = page.offset + page.rows.length;
  const first = page.rows.length > 0 ? page.offset + 1 : 0;
  const total = count(page.total, page.totalIsLowerBound);
  return trans.__('%1–%2 of %3', count(first), count(last), total);
}
