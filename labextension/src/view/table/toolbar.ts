/** What stands over the table: whose models these are, the search, and what to do with rows. */

import { makeChooser } from '../ui/chooser';
import { fill, h, icon } from '../ui/dom';
import { count, counted } from '../data/format';
import type { Registry } from '../data/source';

export interface ToolbarEvents {
  /** Another search, a moment after the last key. */
  search(query: string): void;
  /** The switch was pressed. */
  every(): void;
  metrics(names: readonly string[]): void;
  compare(): void;
  unmark(): void;
}

export interface ToolbarState {
  registry: Registry | null;
  /** The question whose rows are shown. */
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
      onclick: () => events.every(),
    },
    h('span', { class: 'nbm-switch-track' }),
    'Every version',
  );
  const chooser = makeChooser({
    label: 'Metrics',
    icon: 'columns',
    legend: 'Metrics with a column',
    choose: (names) => events.metrics(names),
  });
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
