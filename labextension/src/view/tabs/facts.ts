/** The recorded names and values of a version: parameters, environment, files. */

import { h, notice, type Child } from '../ui/dom';
import { focusOn } from '../ui/focus';
import { count } from '../data/format';
import { number, size } from '../data/numbers';
import type { Column, Pairs, Version } from '../data/answers';
import type { Tab } from '../ui/tab';
import { trans } from '../translation';

const MAX_UNFILTERED_ROWS = 20;
/** Rows on a page. */
const PAGE = 200;

export interface FactTable {
  headings: readonly string[];
  rows: ReadonlyArray<readonly string[]>;
  /** Indices of right-aligned columns. */
  numeric?: ReadonlySet<number>;
  label: string;
}

/** A plain table of text; a long table has pages and a box to filter its rows. */
export function factTable(table: FactTable): HTMLElement {
  const body = h('tbody');
  const more = h('button', { type: 'button', class: 'nbm-button nbm-more' });
  const status = h('span', { class: 'nbm-faint', role: 'status' });
  let limit = PAGE;
  let words = '';
  const draw = (): void => {
    const rows = table.rows.filter((row) => matches(row, words));
    body.replaceChildren(...rows.slice(0, limit).map((row) => line(row, table.numeric)));
    more.hidden = rows.length <= limit;
    more.textContent = trans.__(
      'Show %1 more of %2',
      Math.min(PAGE, rows.length - limit),
      rows.length,
    );
    status.textContent = words ? trans.__('%1 of %2', rows.length, table.rows.length) : '';
  };
  more.addEventListener('click', () => {
    const next = limit;
    limit += PAGE;
    draw();
    focusOn(body.children[next]);
  });
  const filter = (text: string): void => {
    words = text.toLowerCase();
    limit = PAGE;
    draw();
  };
  draw();
  return h(
    'div',
    { class: 'nbm-facts' },
    table.rows.length > MAX_UNFILTERED_ROWS &&
      h('div', { class: 'nbm-bar' }, filterBox(table.label, filter), status),
    h('table', { class: 'nbm-fact-table', 'aria-label': table.label }, head(table), body),
    more,
  );
}

function matches(row: readonly string[], words: string): boolean {
  return !words || row.some((cell) => cell.toLowerCase().includes(words));
}

function head({ headings, numeric }: FactTable): Child {
  if (!headings.length) {
    return null;
  }
  const cells = headings.map((heading, index) =>
    h('th', { scope: 'col', class: numeric?.has(index) && 'nbm-num' }, heading),
  );
  return h('thead', null, h('tr', null, cells));
}

function line(row: readonly string[], numeric?: ReadonlySet<number>): HTMLElement {
  const [name, ...rest] = row;
  return h(
    'tr',
    null,
    h('th', { scope: 'row', title: name }, h('span', { class: 'nbm-clip' }, name)),
    rest.map((cell, index) =>
      h(
        'td',
        { class: numeric?.has(index + 1) && 'nbm-num', title: cell.length > 60 && cell },
        h('span', { class: 'nbm-clip' }, cell),
      ),
    ),
  );
}

function filterBox(label: string, filter: (text: string) => void): HTMLElement {
  return h('input', {
    type: 'search',
    class: 'nbm-input nbm-fact-filter',
    placeholder: trans.__('Filter'),
    'aria-label': trans.__('Filter %1', label),
    oninput: (event: Event) => filter((event.target as HTMLInputElement).value),
  });
}

/** A section of a tab with a heading. */
export function section(title: string, ...children: readonly Child[]): HTMLElement {
  return h('section', { class: 'nbm-part' }, h('h3', null, title), children);
}

/** Names and values without headings. */
export function pairsTable(label: string, pairs: Pairs): HTMLElement {
  return factTable({ label, headings: [], rows: pairs });
}

/** Children that the user can unfold. */
export function folded(title: string, ...children: readonly Child[]): HTMLElement {
  return h('details', { class: 'nbm-folded' }, h('summary', null, title), children);
}

/** The parameters that were set, then the defaults, folded. */
function paramsSection({ params, defaults }: Version): HTMLElement {
  const [settings, others] = [false, true].map((isDefault) =>
    params.filter(([name]) => defaults.includes(name) === isDefault),
  );
  return section(
    trans.__('Parameters'),
    settings!.length > 0
      ? pairsTable(trans.__('parameters'), settings!)
      : h('p', { class: 'nbm-faint' }, trans.__('All parameters have their default values.')),
    others!.length > 0 &&
      folded(
        trans._n('%1 default value', '%1 default values', others!.length),
        pairsTable(trans.__('default values'), others!),
      ),
  );
}

export const paramsTab: Tab = {
  name: 'params',
  get title() {
    return trans.__('Parameters');
  },
  draw({ version }) {
    const { params, counts, tags, inputs, outputs } = version;
    const parts = [
      params.length > 0 && paramsSection(version),
      counts.length > 0 && section(trans.__('Counts'), countTable(counts)),
      tags.length > 0 && section(trans.__('Tags'), pairsTable(trans.__('tags'), tags)),
      inputs.length > 0 && section(trans.__('Inputs'), columnTable(trans.__('inputs'), inputs)),
      outputs.length > 0 && section(trans.__('Outputs'), columnTable(trans.__('outputs'), outputs)),
    ].filter((part) => part !== false);
    return parts.length
      ? h('div', { class: 'nbm-parts' }, parts)
      : notice('empty', trans.__('No parameters were recorded for this object.'));
  },
};

function countTable(counts: Pairs<number>): HTMLElement {
  const rows = counts.map(([name, amount]) => [name, count(amount)] as const);
  return factTable({ label: trans.__('counts'), headings: [], rows, numeric: new Set([1]) });
}

function columnTable(label: string, columns: readonly Column[]): HTMLElement {
  const rows = columns.map((column) => [
    column.name,
    column.dtype || trans.__('any'),
    `[${column.shape.map((side) => (side === -1 ? 'n' : number(side))).join(', ')}]`,
  ]);
  const headings = [trans.__('name'), trans.__('dtype'), trans.__('shape')];
  return factTable({ label, headings, rows });
}

export const environmentTab: Tab = {
  name: 'environment',
  get title() {
    return trans.__('Environment');
  },
  draw({ version }) {
    const headings = [trans.__('distribution'), trans.__('version')];
    return version.environment.length
      ? h(
          'div',
          { class: 'nbm-parts' },
          factTable({ label: trans.__('environment'), headings, rows: version.environment }),
        )
      : notice('empty', trans.__('No environment was recorded.'));
  },
};

export const filesTab: Tab = {
  name: 'files',
  get title() {
    return trans.__('Files');
  },
  draw({ version }) {
    const total = version.files.reduce((sum, [, bytes]) => sum + bytes, 0);
    const rows = version.files.map(([path, bytes]) => [path, size(bytes)]);
    const files = trans._n('%2 file', '%2 files', rows.length, count(rows.length));
    const headings = [trans.__('path'), trans.__('size')];
    return h(
      'div',
      { class: 'nbm-parts' },
      h('p', { class: 'nbm-faint' }, `${files}, ${size(total)}`),
      factTable({ label: trans.__('files'), headings, rows, numeric: new Set([1]) }),
    );
  },
};
