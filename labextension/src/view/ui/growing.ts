/** A button that adds the next items to a list. */

import { h } from './dom';
import { focusOn } from './focus';

export interface GrowingOptions<T> {
  items: readonly T[];
  /** Holds one element for each item that is drawn. */
  body: HTMLElement;
  draw(item: T): HTMLElement;
  /** Items that are drawn at first. */
  first: number;
  /** Items that the button adds. */
  page: number;
  /** The text of the button: it adds `next` items of all. */
  label(next: number): string;
}

/** Draw the first items; returns the button, which is hidden when all items are drawn. */
export function growing<T>(options: GrowingOptions<T>): HTMLButtonElement {
  const { items, body, draw, first, page, label } = options;
  const more = h('button', { type: 'button', class: 'nbm-button nbm-more' });
  let drawn = 0;
  const grow = (limit: number): void => {
    for (const end = Math.min(drawn + limit, items.length); drawn < end; drawn += 1) {
      body.append(draw(items[drawn]!));
    }
    const rest = items.length - drawn;
    more.hidden = rest === 0;
    more.textContent = label(Math.min(page, rest));
  };
  more.addEventListener('click', () => {
    const start = drawn;
    grow(page);
    // The button moves down or disappears: the reader goes on with what is new.
    focusOn(body.children[start]);
  });
  grow(first);
  return more;
}
