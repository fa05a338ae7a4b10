/** What stands over the table: whose models these are, the search, and what to do with rows. */

import { fill, h, icon } from './dom';
import { count, counted } from './format';
import type { Registry } from './source';

export interface ToolbarEvents {
  /** Another search, a moment after the last key. */
  search(query: string): void;
  every(on: boolean): void;
  metrics(names: readonly string[]): void;
  compare(): void;
  unmark(): void;
}

export interface ToolbarState {
  registry: Registry | null;
  query: string;
  every: boolean;
  metrics: readonly string[];
  marked: number;
  /** What is wrong with the search. */
  trouble: string;
}

export interface Toolbar {
  element: HTMLElement;
  draw(state: ToolbarState): void;
}

/** Milliseconds without a key before the search is asked. */
const PAUSE = 60;
const HELP = 'Words, or conditions such as metrics.auc > 0.9 and stage = prod';

let made = 0;

export function makeToolbar(events: ToolbarEvents, title: string, note: string): Toolbar {
  made += 1;
  const wrong = h('p', { class: 'nbm-search-trouble', id: `nbm-search-${made}`, hidden: true });
  const box = h('input', {
    type: 'search',
    class: 'nbm-input nbm-search-box',
    placeholder: HELP,
    'aria-label': 'Filter versions',
    'aria-describedby': wrong.id,
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: 2000,
  });
  const every = h(
    'button',
    {
      type: 'button',
      class: 'nbm-switch',
      role: 'switch',
      'aria-checked': false,
      title: 'Every version, or one row a model',
      onclick: () => events.every(every.getAttribute('aria-checked') !== 'true'),
    },
    h('span', { class: 'nbm-switch-track' }),
    'Every version',
  );
  const chooser = metricChooser(events);
  const badge = h('span', { class: 'nbm-badge' });
  const compare = h(
    'button',
    { type: 'button', class: 'nbm-button', disabled: true, onclick: () => events.compare() },
    icon('compare'),
    'Compare',
    badge,
  );
  const unmark = h(
    'button',
    {
      type: 'button',
      class: 'nbm-button nbm-button-quiet',
      disabled: true,
      'aria-label': 'Unmark all',
      title: 'Unmark all',
      onclick: () => events.unmark(),
    },
    icon('close'),
  );
  const name = h('span', { class: 'nbm-name' });
  const counts = h('span', { class: 'nbm-faint nbm-counts' });
  const lock = h('span', { class: 'nbm-chip nbm-lock', hidden: true }, icon('lock'), 'read-only');

  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = '';
  let touched = false;
  const search = (): void => {
    clearTimeout(timer);
    if (box.value !== asked) {
      asked = box.value;
      events.search(asked);
    }
  };
  box.addEventListener('input', () => {
    touched = true;
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      search();
    }
  });

  const element = h(
    'header',
    { class: 'nbm-head' },
    h(
      'div',
      { class: 'nbm-head-line' },
      icon('model'),
      name,
      counts,
      h('span', { class: 'nbm-space' }),
      h('span', { class: 'nbm-faint nbm-clip' }, note),
      lock,
    ),
    h(
      'div',
      { class: 'nbm-toolbar', role: 'group', 'aria-label': 'Filter and compare' },
      h('div', { class: 'nbm-search' }, icon('search'), box, wrong),
      every,
      chooser.element,
      h('span', { class: 'nbm-pair' }, compare, unmark),
    ),
  );

  function draw(state: ToolbarState): void {
    const { registry, marked } = state;
    fill(name, title || (registry?.name ?? ' '));
    name.title = registry?.path ?? '';
    counts.textContent = registry
      ? `${counted(registry.models, 'model')}, ${counted(registry.versions, 'version')}`
      : '';
    lock.hidden = !registry?.readOnly;
    // The box is the reader's: only what it held before any key was pressed comes from outside.
    if (!touched) {
      box.value = state.query;
      asked = state.query;
    }
    box.setAttribute('aria-invalid', String(state.trouble !== ''));
    wrong.textContent = state.trouble;
    wrong.hidden = state.trouble === '';
    every.setAttribute('aria-checked', String(state.every));
    compare.disabled = marked < 2;
    compare.title =
      marked < 2 ? 'Mark two versions or more with Space' : `Compare ${marked} versions`;
    unmark.disabled = marked === 0;
    badge.textContent = marked > 0 ? count(marked) : '';
    chooser.draw(registry?.metrics ?? [], state.metrics);
  }

  return { element, draw };
}

interface Chooser {
  element: HTMLElement;
  draw(names: readonly string[], chosen: readonly string[]): void;
}

/** A button that opens a list of metrics, each with a box to tick. */
function metricChooser(events: Pick<ToolbarEvents, 'metrics'>): Chooser {
  const list = h('fieldset', { class: 'nbm-menu', hidden: true });
  const button = h(
    'button',
    { type: 'button', class: 'nbm-button', 'aria-expanded': false, 'aria-haspopup': 'true' },
    icon('columns'),
    'Metrics',
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
  // A press on a label would take the focus out of the list, which closes it.
  list.addEventListener('pointerdown', (event) => {
    if (!(event.target instanceof HTMLInputElement)) {
      event.preventDefault();
    }
  });
  list.addEventListener('change', () => {
    const ticked = [...list.querySelectorAll('input')].filter((each) => each.checked);
    events.metrics(ticked.map((each) => each.value));
  });

  let drawn = '';
  function draw(names: readonly string[], chosen: readonly string[]): void {
    button.disabled = names.length === 0;
    const state = JSON.stringify([names, chosen]);
    if (state === drawn) {
      return;
    }
    drawn = state;
    const focused = (document.activeElement as HTMLInputElement | null)?.value;
    const within = list.contains(document.activeElement);
    fill(
      list,
      h('legend', { class: 'nbm-hidden' }, 'Metrics with a column'),
      names.map((name) =>
        h(
          'label',
          null,
          h('input', {
            type: 'checkbox',
            class: 'nbm-check',
            value: name,
            checked: chosen.includes(name),
          }),
          h('span', { class: 'nbm-clip', title: name }, name),
        ),
      ),
    );
    if (within) {
      [...list.querySelectorAll('input')].find((each) => each.value === focused)?.focus();
    }
  }

  return { element, draw };
}
