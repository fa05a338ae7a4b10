/** Versions side by side: two as a difference, more as charts of all. */

import { staticChart } from '../charts/charts';
import { h, notice, type Child } from '../ui/dom';
import { families, seriesOf, type Series } from '../charts/families';
import { factTable, section } from './facts';
import { number, size, parseNumber } from '../data/numbers';
import { axesOf, barFigure, parallelFigure } from '../charts/compareCharts';
import type { Change, Difference, Version } from '../data/answers';
import type { Source } from '../data/source';
import { trans } from '../translation';

export interface CompareContext {
  source: Source;
  open(ref: string): void;
}

/** Most metrics that are drawn as bars; tables show the others. */
const BARS = 12;
/** Changes of a section that are shown at first, and that each press adds. */
const INITIAL_CHANGES = 12;
const PAGE = 200;
const ABSENT = '-';

/** Compare the versions in `refs`, in this order. */
export async function drawComparison(
  context: CompareContext,
  refs: readonly string[],
): Promise<HTMLElement> {
  const [before, after] = refs;
  if (before === undefined || after === undefined) {
    return notice(
      'empty',
      trans.__('A comparison needs two versions or more.'),
      trans.__('Choose them in the table.'),
    );
  }
  const reading = Promise.all(refs.map((ref) => context.source.ask('version', { ref })));
  if (refs.length > 2) {
    return several(await reading, context);
  }
  const [versions, difference] = await Promise.all([
    reading,
    context.source.ask('diff', { before, after }),
  ]);
  return two(versions, difference, context);
}

function two(
  versions: readonly Version[],
  difference: Difference,
  context: CompareContext,
): HTMLElement {
  const { sections, arrays, cells } = difference;
  const [metrics, others] = [true, false].map((wanted) =>
    sections.filter(({ title }) => (title === 'metrics') === wanted),
  );
  const same = !sections.length && !arrays?.length && !cells.length;
  return h(
    'div',
    { class: 'nbm-compare' },
    heading(difference, context),
    same && notice('info', trans.__('No differences.')),
    metrics!.map((each) => changes(each.title, each.changes, difference)),
    !same && metricBars(versions),
    others!.map((each) => changes(each.title, each.changes, difference)),
    arrays && arrays.length > 0 && fitted(arrays),
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

function opener(ref: string, context: CompareContext): HTMLElement {
  const open = (): void => context.open(ref);
  return h(
    'button',
    { type: 'button', class: 'nbm-link', onclick: open, title: trans.__('Open %1', ref) },
    ref,
  );
}

function changes(title: string, given: readonly Change[], difference: Difference): HTMLElement {
  const noted = given.some(({ note }) => note);
  const body = h('tbody');
  const more = h('button', { type: 'button', class: 'nbm-button nbm-more' });
  const grow = (limit: number): void => {
    const start = body.childElementCount;
    const next = given.slice(start, start + limit);
    body.append(...next.map((change) => changed(change, noted)));
    const left = given.length - body.childElementCount;
    more.hidden = left === 0;
    more.textContent = trans.__('Show %1 more of %2', Math.min(PAGE, left), given.length);
  };
  more.addEventListener('click', () => grow(PAGE));
  grow(given.length <= INITIAL_CHANGES + 2 ? given.length : INITIAL_CHANGES);
  return section(
    capital(title),
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
  );
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

function changed(change: Change, noted: boolean): HTMLElement {
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
  const shown = lines.map((line, index) =>
    h('span', { class: index < 2 ? 'nbm-line-file' : (LINES[line.charAt(0)] ?? null) }, line, '\n'),
  );
  return h(
    'pre',
    { class: 'nbm-diff', tabindex: 0, 'aria-label': trans.__('Difference of the cells') },
    shown,
  );
}

function several(versions: readonly Version[], context: CompareContext): HTMLElement {
  return h(
    'div',
    { class: 'nbm-compare' },
    h(
      'p',
      { class: 'nbm-compare-heading' },
      versions.map((version) => opener(version.row.ref, context)),
    ),
    axesChart(versions, context),
    metricBars(versions),
    metricTable(versions),
    differing(versions),
  );
}

function axesChart(versions: readonly Version[], context: CompareContext): Child {
  const axes = axesOf(versions);
  if (axes.length < 2) {
    return null;
  }
  const drawing = staticChart((theme) => parallelFigure(axes, versions, theme), {
    height: 340,
    label: trans.__(
      'Parameters and metrics that differ, with an axis for each and a line for each version',
    ),
    summary: axes.map(({ name }) => name).join(', '),
    onPick: (ref) => context.open(String(ref)),
  });
  return section(trans.__('Parameters and metrics that differ'), drawing);
}

function metricBars(versions: readonly Version[]): Child {
  const all = seriesOf(versions.map(({ row }) => row.metrics));
  const drawable = all.filter(({ values }) => values.some(Number.isFinite));
  if (!drawable.length) {
    return null;
  }
  const groups = families(drawable.slice(0, BARS));
  const left = drawable.length - BARS;
  const drawing = staticChart((theme) => barFigure(groups, versions, theme), {
    height: 250,
    maxWidth: 160 + groups.length * 70 + groups.flat().length * (24 + 34 * versions.length),
    label: trans.__('Metrics by version'),
    summary: drawable
      .slice(0, BARS)
      .map((series) => seriesText(series, versions))
      .join('; '),
  });
  const rest =
    left > 0 && trans._n('%1 more metric is not drawn.', '%1 more metrics are not drawn.', left);
  return section(
    trans.__('Metrics side by side'),
    drawing,
    rest && h('p', { class: 'nbm-faint' }, rest),
  );
}

function seriesText({ name, values }: Series, versions: readonly Version[]): string {
  const each = values.map((value, index) =>
    trans.__('%1 in %2', number(value), versions[index]!.row.ref),
  );
  return `${name}: ${each.join(', ')}`;
}

function metricTable(versions: readonly Version[]): Child {
  const all = seriesOf(versions.map(({ row }) => row.metrics));
  const numeric = new Set(versions.map((_, index) => index + 1));
  const headings = [trans.__('metric'), ...versions.map(({ row }) => row.ref)];
  const rows = all.map(({ name, values }) => [
    name,
    ...values.map((value, index) => (has(versions[index]!, name) ? number(value) : '')),
  ]);
  return (
    rows.length > 0 &&
    section(
      trans.__('Metrics'),
      scrolled(factTable({ label: trans.__('metrics'), headings, rows, numeric })),
    )
  );
}

const has = (version: Version, metric: string): boolean =>
  version.row.metrics.some(([name]) => name === metric);

/** Parameters that differ between the versions. */
function differing(versions: readonly Version[]): HTMLElement {
  const params = versions.map((version) => new Map(version.params));
  const names = new Set(params.flatMap((each) => [...each.keys()]));
  const rows = [...names]
    .map((name) => [name, ...params.map((each) => each.get(name) ?? '')])
    .filter(([, ...values]) => new Set(values).size > 1);
  if (!rows.length) {
    return notice('info', trans.__('The parameters are the same in all of them.'));
  }
  const headings = [trans.__('parameter'), ...versions.map(({ row }) => row.ref)];
  const columns = versions.map((_, index) => index + 1);
  const numeric = new Set(
    columns.filter((column) =>
      rows.every((row) => !row[column] || parseNumber(row[column]) !== null),
    ),
  );
  return section(
    trans.__('Parameters that differ'),
    scrolled(factTable({ label: trans.__('parameters that differ'), headings, rows, numeric })),
  );
}

const scrolled = (table: HTMLElement): HTMLElement =>
  h('div', { class: 'nbm-scroll', tabindex: 0 }, table);
