/** The details of the selected version, below the tree: facts, metrics, card. */

import { skeleton, fill, h, notice, type Child } from '../view/ui/dom';
import { markdown, parts } from '../view/tabs/markdown';
import { dateTime, number } from '../view/data/numbers';
import type { Pairs, Version } from '../view/data/answers';
import type { Source } from '../view/data/source';
import { toRequestError } from './rest';
import { trans } from './translation';

export interface DetailHandlers {
  open(ref: string): void;
  checkout(ref: string): void;
}

/** Milliseconds after which a version that has not arrived is shown as loading. */
const LOADING_DELAY_MS = 150;

export class DetailsPane {
  readonly node = h('section', {
    class: 'nbm-lab-details',
    'aria-label': trans.__('Details'),
    tabindex: 0,
  });

  constructor(private readonly handlers: DetailHandlers) {
    this.clear();
  }

  /** Show that no version is selected. */
  clear(): void {
    this.turn += 1;
    this.shownRef = '';
    fill(
      this.node,
      h('p', { class: 'nbm-lab-hint' }, trans.__('Select a version to see its details here.')),
    );
  }

  /** Show a version; the previous content stays until the new one has arrived. */
  async show(source: Source, ref: string): Promise<void> {
    const turn = ++this.turn;
    const waiting = setTimeout(
      () => turn === this.turn && fill(this.node, skeleton(4)),
      LOADING_DELAY_MS,
    );
    let content: Child;
    try {
      content = this.content(await source.ask('version', { ref }));
    } catch (error) {
      const refusal = toRequestError(error);
      content = notice('error', refusal.what, refusal.hint);
    } finally {
      clearTimeout(waiting);
    }
    if (turn === this.turn) {
      const { scrollTop } = this.node;
      fill(this.node, content);
      this.node.scrollTop = ref === this.shownRef ? scrollTop : 0;
      this.shownRef = ref;
    }
  }

  private content(version: Version): Child {
    const { row } = version;
    const facts: Pairs = [
      [trans.__('committed'), trans.__('%1 by %2', dateTime(row.time), row.author)],
      [trans.__('object'), row.type],
      ...version.about.filter(([name]) => !OTHER_FACTS.has(name)),
    ];
    return [
      h('h2', { title: row.ref }, row.ref),
      version.message && h('p', { class: 'nbm-lab-words' }, version.message),
      h(
        'div',
        {
          class: 'nbm-lab-actions',
          role: 'group',
          'aria-label': trans.__('Actions on %1', row.ref),
        },
        button(trans.__('Check out'), trans.__('Load %1 in the notebook', row.ref), () =>
          this.handlers.checkout(row.ref),
        ),
        button(trans.__('Open'), trans.__('Open %1 in a tab', row.ref), () =>
          this.handlers.open(row.ref),
        ),
      ),
      row.metrics.length > 0 &&
        table(
          trans.__('Metrics'),
          row.metrics.map(([n, v]) => [n, number(v)]),
        ),
      table(trans.__('Facts'), facts),
      version.card && [
        h('h3', null, trans.__('Card')),
        h('div', { class: 'nbm-card' }, markdown(parts(version.card).body)),
      ],
    ];
  }

  private turn = 0;
  private shownRef = '';
}

/** Facts that other parts of the details show. */
const OTHER_FACTS = new Set(['object', 'author', 'time', 'message']);

function button(label: string, title: string, onclick: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'nbm-button', title, onclick }, label);
}

function table(title: string, pairs: Pairs): Child {
  return [
    h('h3', null, title),
    h(
      'dl',
      { class: 'nbm-lab-facts' },
      pairs.map(([name, value]) => [h('dt', { title: name }, name), h('dd', null, value)]),
    ),
  ];
}
