/** What changed from one version to another, section by section. */

import { size } from '../data/numbers';
import type { Change, Difference, Version } from '../data/answers';
import { figuresSideBySide } from '../figures/comparison';
import { growing } from '../ui/growing';
import { trans } from '../translation';
import { h, notice, type Child } from '../ui/dom';
import { opener, type CompareContext } from './compareParts';
import { factTable, folded, section } from './facts';
import { metricParts } from './metricComparison';

/** Changes of a section that are shown at first, and that each press adds. */
const INITIAL_CHANGES = 12;
const PAGE = 200;
const ABSENT = '-';

/** Draw the difference between two versions. */
export function differenceOf(
  versions: readonly Version[],
  difference: Difference,
  context: CompareContext,
): HTMLElement {
  const { sections, arrays, cells } = difference;
  const others = sections.filter(({ title }) => title !== 'metrics');
  const same = !sections.length && !arrays?.length && !cells.length;
  return h(
    'div',
    { class: 'nbm-compare' },
    heading(difference, context),
    same && notice('info', trans.__('No differences.')),
    !same && metricParts(versions, context),
    others.map((each) =>
      each.title === 'parameters'
        ? parameters(each.changes, versions, difference)
        : changes(each.title, each.changes, difference),
    ),
    arrays && arrays.length > 0 && fitted(arrays),
    figuresSideBySide(versions, context.source),
    cells.length > 0 && section(trans.__('Cells'), unified(cells)),
  );
}

function heading(
  { before, after, sharedBytes, storedBytes }: Difference,
  context: CompareContext,
): Child {
  const share = Number.isFinite(sharedBytes)
    ? trans.__('%1 of %2 shared', size(sharedBytes), size(storedBytes))
    : '';
  return h(
    'p',
    { class: 'nbm-compare-heading' },
    opener(before, context),
    h('span', { class: 'nbm-faint', 'aria-label': trans.__('to') }, '→'),
    opener(after, context),
    h('span', { class: 'nbm-faint' }, share),
  );
}

/** Changes of parameters that were set in one of the versions; the others are folded. */
function parameters(
  list: readonly Change[],
  versions: readonly Version[],
  difference: Difference,
): HTMLElement {
  const isDefault = ({ name }: Change): boolean =>
    versions.every(
      ({ params, defaults }) =>
        defaults.includes(name) || !params.some(([param]) => param === name),
    );
  const ownChanges = list.filter((change) => !isDefault(change));
  const others = list.filter(isDefault);
  if (!others.length) {
    return changes('parameters', list, difference);
  }
  const rest = changeTable(trans.__('default values'), others, difference);
  const fold = folded(trans._n('%1 default value', '%1 default values', others.length), rest);
  return ownChanges.length
    ? changes('parameters', ownChanges, difference, fold)
    : section(trans.__('Parameters'), fold);
}

function changes(
  title: string,
  list: readonly Change[],
  difference: Difference,
  ...more: readonly Child[]
): HTMLElement {
  return section(capital(title), changeTable(title, list, difference), more);
}

function changeTable(
  title: string,
  list: readonly Change[],
  difference: Difference,
): readonly HTMLElement[] {
  const noted = list.some(({ note }) => note);
  const body = h('tbody');
  const more = growing({
    items: list,
    body,
    draw: (change) => changeRow(change, noted),
    first: list.length <= INITIAL_CHANGES + 2 ? list.length : INITIAL_CHANGES,
    page: PAGE,
    label: (next) => trans.__('Show %1 more of %2', next, list.length),
  });
  return [
    h(
      'div',
      { class: 'nbm-scroll', tabindex: 0 },
      h(
        'table',
        { class: 'nbm-change-table', 'aria-label': trans.__('Changed %1', title) },
        changeHead(difference, noted),
        body,
      ),
    ),
    more,
  ];
}

const capital = (title: string): string => title.charAt(0).toUpperCase() + title.slice(1);

function changeHead({ before, after }: Difference, noted: boolean): HTMLElement {
  const cell = (title: string, css?: string): HTMLElement =>
    h('th', { scope: 'col', class: css, title }, h('span', { class: 'nbm-clip' }, title));
  const kind = h('span', { class: 'nbm-hidden' }, trans.__('kind of change'));
  return h(
    'thead',
    null,
    h(
      'tr',
      null,
      h('th', { scope: 'col' }, kind),
      [trans.__('name'), before, after].map((title) => cell(title)),
      noted && cell(trans.__('change'), 'nbm-num'),
    ),
  );
}

const KINDS = {
  added: { sign: '+', css: 'nbm-added', words: () => trans.__('added') },
  removed: { sign: '−', css: 'nbm-removed', words: () => trans.__('removed') },
  changed: { sign: '~', css: 'nbm-changed', words: () => trans.__('changed') },
} as const;

function kindOf({ before, after }: Change): (typeof KINDS)[keyof typeof KINDS] {
  if (before === ABSENT) {
    return KINDS.added;
  }
  return after === ABSENT ? KINDS.removed : KINDS.changed;
}

function changeRow(change: Change, noted: boolean): HTMLElement {
  const kind = kindOf(change);
  const cell = (value: string, css: string): HTMLElement =>
    h('td', { class: css, title: value }, h('span', { class: 'nbm-clip' }, value));
  return h(
    'tr',
    { class: kind.css },
    h('td', { class: 'nbm-sign', title: kind.words() }, kind.sign),
    h('th', { scope: 'row', title: change.name }, h('span', { class: 'nbm-clip' }, change.name)),
    cell(change.before, 'nbm-before'),
    cell(change.after, 'nbm-after'),
    noted && h('td', { class: 'nbm-num' }, change.note),
  );
}

function fitted(inside: NonNullable<Difference['arrays']>): HTMLElement {
  const rows = inside.map(({ path, shape, change }) => [path, shape, change]);
  const headings = [trans.__('array'), trans.__('shape'), trans.__('change')];
  return section(
    trans.__('Inside the object'),
    factTable({ label: trans.__('arrays'), headings, rows }),
  );
}

const LINES: Readonly<Record<string, string>> = {
  '+': 'nbm-line-added',
  '-': 'nbm-line-removed',
  '@': 'nbm-line-place',
};

/** A unified diff; each line keeps its sign, and the color only repeats it. */
function unified(lines: readonly string[]): HTMLElement {
  const spans = lines.map((line, index) =>
    h('span', { class: index < 2 ? 'nbm-line-file' : (LINES[line.charAt(0)] ?? null) }, line, '\n'),
  );
  return h(
    'pre',
    { class: 'nbm-diff', tabindex: 0, 'aria-label': trans.__('Difference of the cells') },
    spans,
  );
}
