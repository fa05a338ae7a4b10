/** A tab list as the ARIA practices describe it: the arrow keys move and choose, one tab stop. */

import { fill, h } from './dom';

export interface TabItem {
  name: string;
  title: string;
}

export interface Tabs {
  element: HTMLElement;
  /** The content of the chosen tab. */
  body: HTMLElement;
  choose(name: string): void;
}

let tabCount = 0;

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Draw tabs; `onChoose` is called with each choice, and shows its content in `body`. */
export function drawTabs(
  items: readonly TabItem[],
  label: string,
  onChoose: (name: string) => void,
): Tabs {
  tabCount += 1;
  const id = (part: string): string => `nbm-tabs-${tabCount}-${part}`;
  const buttons = items.map(({ name, title }, index) =>
    h(
      'button',
      {
        type: 'button',
        class: 'nbm-tab',
        role: 'tab',
        id: id(String(index)),
        'aria-controls': id('body'),
        'aria-selected': false,
        tabindex: -1,
        'data-name': name,
        onclick: () => choose(name),
      },
      h('span', { class: 'nbm-tab-title', 'data-title': title }, title),
    ),
  );
  const list = h('div', { class: 'nbm-tab-list', role: 'tablist', 'aria-label': label }, buttons);
  const body = h('div', { class: 'nbm-tab-body', role: 'tabpanel', id: id('body'), tabindex: 0 });
  list.addEventListener('keydown', (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const step = STEPS[event.key];
    const next = at >= 0 && step ? items[step(at, items.length)] : undefined;
    if (next) {
      event.preventDefault();
      choose(next.name);
      buttons[items.indexOf(next)]?.focus();
    }
  });

  function choose(name: string): void {
    for (const [index, button] of buttons.entries()) {
      const isChosen = items[index]?.name === name;
      button.setAttribute('aria-selected', String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      if (isChosen) {
        body.setAttribute('aria-labelledby', button.id);
      }
    }
    onChoose(name);
  }

  const element = h('div', { class: 'nbm-tabs' });
  fill(element, list, body);
  return { element, body, choose };
}
