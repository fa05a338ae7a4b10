/** A button that opens a list of names, each with a checkbox. */

import { fill, h, icon, type IconName } from './dom';

export interface ChooserOptions {
  label: string;
  icon: IconName;
  /** The name of the list for screen readers. */
  legend: string;
  /** The checked names have changed. */
  choose(names: readonly string[]): void;
}

export interface Chooser {
  element: HTMLElement;
  draw(names: readonly string[], chosen: readonly string[]): void;
}

export function makeChooser(options: ChooserOptions): Chooser {
  const list = h('fieldset', { class: 'nbm-menu', hidden: true });
  const button = h(
    'button',
    { type: 'button', class: 'nbm-button', 'aria-expanded': false, 'aria-haspopup': 'true' },
    icon(options.icon),
    options.label,
  );
  const element = h('div', { class: 'nbm-chooser' }, button, list);
  const toggle = (on: boolean): void => {
    list.hidden = !on;
    button.setAttribute('aria-expanded', String(on));
  };
  button.addEventListener('click', () => {
    toggle(list.hidden);
    list.querySelector('input')?.focus();
  });
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      toggle(false);
      button.focus();
    }
  });
  element.addEventListener('focusout', (event) => {
    if (!element.contains(event.relatedTarget as Node | null)) {
      toggle(false);
    }
  });
  // A press on a label would move the focus out of the list, which would close it.
  list.addEventListener('pointerdown', (event) => {
    if (!(event.target instanceof HTMLInputElement)) {
      event.preventDefault();
    }
  });
  list.addEventListener('change', () => {
    const ticked = [...list.querySelectorAll('input')].filter((each) => each.checked);
    options.choose(ticked.map((each) => each.value));
  });

  let drawn = '';
  function draw(names: readonly string[], chosen: readonly string[]): void {
    button.disabled = names.length === 0;
    // The checkboxes stay while the names are the same, because one of them may have the focus.
    const state = JSON.stringify(names);
    if (state !== drawn) {
      drawn = state;
      fill(list, h('legend', { class: 'nbm-hidden' }, options.legend), names.map(box));
    }
    for (const input of list.querySelectorAll('input')) {
      input.checked = chosen.includes(input.value);
    }
  }

  return { element, draw };
}

function box(name: string): HTMLElement {
  return h(
    'label',
    null,
    h('input', { type: 'checkbox', class: 'nbm-check', value: name }),
    h('span', { class: 'nbm-clip', title: name }, name),
  );
}
