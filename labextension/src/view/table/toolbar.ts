/** The toolbar of the table: the title, the search, and the buttons for rows. */

import { makeChooser, type Chooser } from '../ui/chooser';
import { fill, h, icon } from '../ui/dom';
import { count } from '../data/format';
import type { Registry } from '../data/answers';
import { HeadLine, type HeadOptions } from '../ui/headLine';
import { trans } from '../translation';
import type { TableColumns } from './tableColumns';

export interface ToolbarEvents {
  /** The search has changed; called a moment after the last key. */
  search(query: string): void;
  /** The switch between latest and all versions was pressed. */
  every(): void;
  /** The keys of the columns that are to be shown. */
  columns(keys: readonly string[]): void;
  resetColumns(): void;
  compare(): void;
  unmark(): void;
}

export interface ToolbarState {
  registry: Registry | null;
  /** The search whose rows are shown. */
  query: string;
  every: boolean;
  columns: Pick<TableColumns, 'choices' | 'shown' | 'canReset'>;
  marked: number;
  /** The error of the search. */
  trouble: string;
  /** What the search names though no version has it. */
  hint: string;
}

/** Milliseconds without a key before the search is sent. */
const SEARCH_DELAY_MS = 60;

let made = 0;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly search: SearchBox;
  private readonly marks: MarkButtons;
  private readonly every: HTMLElement;
  private readonly chooser: Chooser;
  private readonly head: HeadLine;

  /** `more` goes to the end of the line. */
  constructor(events: ToolbarEvents, options: HeadOptions, more: HTMLElement) {
    this.head = new HeadLine(options, 'versions');
    this.search = new SearchBox((query) => events.search(query));
    this.marks = new MarkButtons(events);
    this.every = everySwitch(() => events.every());
    this.chooser = makeChooser({
      label: trans.__('Columns'),
      icon: 'columns',
      legend: trans.__('Visible columns'),
      choose: (keys) => events.columns(keys),
      reset: { label: trans.__('Reset'), act: () => events.resetColumns() },
    });
    this.element = h(
      'div',
      { class: 'nbm-head' },
      this.head.element,
      h(
        'div',
        { class: 'nbm-toolbar', role: 'group', 'aria-label': trans.__('Filter and compare') },
        this.search.element,
        this.every,
        this.chooser.element,
        this.marks.element,
        more,
      ),
    );
  }

  get heading(): HTMLElement {
    return this.head.heading;
  }

  draw(state: ToolbarState): void {
    const { registry } = state;
    this.head.draw(registry);
    this.search.draw(state.query, state.trouble, state.hint);
    this.every.setAttribute('aria-checked', String(state.every));
    this.marks.draw(state.marked);
    const { choices, shown, canReset } = state.columns;
    this.chooser.draw(registry ? choices : [], shown, canReset);
  }
}

/** The search field; it searches a moment after the last key, or at once on Enter. */
class SearchBox {
  readonly element: HTMLElement;
  /** What there is to say about the search; a reader of the screen hears each change. */
  private readonly remark: HTMLElement;
  private readonly box: HTMLInputElement;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private query = '';
  private touched = false;

  constructor(private readonly search: (query: string) => void) {
    made += 1;
    const id = `nbm-search-${made}`;
    this.remark = h('div', { class: 'nbm-search-remark', id, role: 'status' });
    this.box = h('input', {
      type: 'search',
      class: 'nbm-input nbm-search-box',
      placeholder: trans.__('Words, or conditions such as metrics.auc > 0.9 and stage = prod'),
      'aria-label': trans.__('Filter versions'),
      'aria-describedby': id,
      autocomplete: 'off',
      spellcheck: 'false',
      maxlength: 2000,
    });
    this.element = h('div', { class: 'nbm-search' }, icon('search'), this.box, this.remark);
    this.box.addEventListener('input', () => {
      this.touched = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.run(), SEARCH_DELAY_MS);
    });
    this.box.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') {
        this.run();
      }
    });
  }

  draw(query: string, trouble: string, hint: string): void {
    // After the user has typed, the text of the box belongs to the user and is not replaced.
    if (!this.touched) {
      this.box.value = query;
      this.query = query;
    }
    this.box.setAttribute('aria-invalid', String(trouble !== ''));
    const text = trouble || hint;
    if (this.remark.textContent !== text) {
      const kind = trouble ? 'nbm-search-trouble' : 'nbm-search-hint';
      fill(this.remark, text && h('p', { class: kind }, text));
    }
  }

  private run(): void {
    clearTimeout(this.timer);
    if (this.box.value !== this.query) {
      this.query = this.box.value;
      this.search(this.query);
    }
  }
}

/** The buttons that compare the marked versions and unmark them. */
class MarkButtons {
  readonly element: HTMLElement;
  private readonly badge = h('span', { class: 'nbm-badge' });
  private readonly compare: HTMLButtonElement;
  private readonly unmark: HTMLButtonElement;

  constructor(events: Pick<ToolbarEvents, 'compare' | 'unmark'>) {
    this.compare = h(
      'button',
      { type: 'button', class: 'nbm-button', disabled: true, onclick: () => events.compare() },
      icon('compare'),
      trans.__('Compare'),
      this.badge,
    );
    this.unmark = h(
      'button',
      {
        type: 'button',
        class: 'nbm-button nbm-button-quiet',
        disabled: true,
        'aria-label': trans.__('Unmark all'),
        title: trans.__('Unmark all'),
        onclick: () => events.unmark(),
      },
      icon('close'),
    );
    this.element = h('span', { class: 'nbm-pair' }, this.compare, this.unmark);
  }

  draw(marked: number): void {
    this.compare.disabled = marked < 2;
    this.compare.title =
      marked < 2
        ? trans.__('Mark two or more versions with the space bar')
        : trans._n('Compare %1 version', 'Compare %1 versions', marked);
    this.unmark.disabled = marked === 0;
    this.badge.textContent = marked > 0 ? count(marked) : '';
  }
}

function everySwitch(press: () => void): HTMLElement {
  return h(
    'button',
    {
      type: 'button',
      class: 'nbm-switch',
      role: 'switch',
      'aria-checked': false,
      title: trans.__('Show every version, or only the latest of each model'),
      onclick: press,
    },
    h('span', { class: 'nbm-switch-track' }),
    trans.__('Every version'),
  );
}
