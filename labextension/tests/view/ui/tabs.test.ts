import { beforeEach, expect, it, vi } from 'vitest';

import { drawTabs, type Tabs } from '../../../src/view/ui/tabs';

const ITEMS = ['card', 'metrics', 'files'].map((name) => ({ name, title: name.toUpperCase() }));
const choose = vi.fn();
let tabs: Tabs;

beforeEach(() => {
  choose.mockClear();
  tabs = drawTabs(ITEMS, 'About', choose);
  document.body.replaceChildren(tabs.element);
  tabs.choose('card');
});

const buttons = (): HTMLButtonElement[] => [
  ...tabs.element.querySelectorAll<HTMLButtonElement>('[role=tab]'),
];

function press(key: string): void {
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
}

it('is one tab stop whose body names it', () => {
  expect(buttons().map((button) => button.tabIndex)).toEqual([0, -1, -1]);
  expect(tabs.body.getAttribute('aria-labelledby')).toBe(buttons()[0]?.id);
  expect(buttons()[0]?.getAttribute('aria-controls')).toBe(tabs.body.id);
});

it('moves by arrows, Home and End, and wraps at the ends', () => {
  buttons()[0]?.focus();
  for (const key of ['ArrowRight', 'End', 'ArrowRight', 'ArrowLeft', 'Home']) {
    press(key);
  }
  expect(choose.mock.calls.flat()).toEqual(['card', 'metrics', 'files', 'card', 'files', 'card']);
  expect(document.activeElement).toBe(buttons()[0]);
  expect(buttons().map((button) => button.getAttribute('aria-selected'))).toEqual([
    'true',
    'false',
    'false',
  ]);
});
