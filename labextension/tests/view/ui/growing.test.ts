import { expect, it } from 'vitest';

import { h } from '../../../src/view/ui/dom';
import { growing } from '../../../src/view/ui/growing';

it('adds a page at a time, and the focus goes to the first new item', () => {
  const body = h('ol');
  const more = growing({
    items: ['id', 'Ähre', '', '2024-01-01', 'NaN', 'f'],
    body,
    draw: (text) => h('li', null, text),
    first: 2,
    page: 3,
    label: (next) => `Show ${next}`,
  });
  document.body.append(body, more);
  expect([body.childElementCount, more.textContent, more.hidden]).toEqual([2, 'Show 3', false]);
  more.focus();
  more.click();
  expect([body.childElementCount, more.textContent]).toEqual([5, 'Show 1']);
  expect(document.activeElement).toBe(body.children[2]);
  more.click();
  expect(document.activeElement?.textContent).toBe('f');
  expect(more.hidden).toBe(true);
});
