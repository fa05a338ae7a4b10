/** A button that opens a list of names, each with a checkbox. */

import { fill, h, icon, type IconName } from './dom';

export interface ChooserOptions {
  label: string;
  icon: IconName;
  /** The name of the list for screen readers. */
  legend: string;
  /** The checked values have changed. */
  choose(values: readonly string[]): void;
  /** Adds a button below the list. */
  reset?: { label: string; act(): void };
}

export interface Choice {
  value: string;
  label: string;
  /** The title above its first choice; choices of a group follow one another. */
  group?: string;
}

export interface Chooser {
  element: HTMLElement;
  /** `canReset` says whether the button below the list has something to do. */
  draw(choices: readonly Choice[], keys: readonly string[], canReset?: boolean): void;
}

export function makeChooser(options: ChooserOptions): Chooser {
  const list = h('fieldset', { class: 'nbm-menu', hidden: true });
  const { reset } = options;
  const resetButton =
    reset &&
    h('button', { type: 'button', class: 'nbm-button', onclick: () => reset.act() }, reset.label);
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
    const checked = [...list.querySelectorAll('input')].filter((each) => each.checked);
    options.choose(checked.map((each) => each.value));
  });

  let drawn = '';
  const draw: Chooser['draw'] = (choices, keys, canReset = false) => {
    button.disabled = choices.length === 0;
    // The checkboxes stay while the choices are the same, because one of them may have the focus.
    const state = JSON.stringify(choices);
    if (state !== drawn) {
      drawn = state;
      const legend = h('legend', { class: 'nbm-hidden' }, options.legend);
      fill(list, legend, grouped(choices), resetButton);
    }
    // Not `disabled`, which would take the focus from a user who has just pressed it.
    resetButton?.setAttribute('aria-disabled', String(!canReset));
    for (const input of list.querySelectorAll('input')) {
      input.checked = keys.includes(input.value);
    }
  };

  return { element, draw };
}

/** The checkboxes; those of a group stand below its title. */
function grouped(choices: readonly Choice[]): HTMLElement[] {
  const groups = new Map<string, Choice[]>();
  for (const choice of choices) {
    const members = groups.get(choice.group ?? '') ?? [];
    members.push(choice);
    groups.set(choice.group ?? '', members);
  }
  return [...groups].flatMap(([title, members]) =>
    title
      ? h(
          'div',
          { class: 'nbm-menu-group', role: 'group', 'aria-label': title },
          h('p', { class: 'nbm-menu-title', 'aria-hidden': true }, title),
          members.map(box),
        )
      : members.map(box),
  );
}

function box({ value, label }: Choice): HTMLElement {
  return h(
    'label',
    null,
    h('input', { type: 'checkbox', class: 'nbm-check', value }),
    h('span', { class: 'nbm-clip', title: label }, label),
  );
}
