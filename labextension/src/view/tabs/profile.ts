/** The training data as aggregates: a row for each column, with a small drawing. */

import { h, notice, svg, type Child } from '../ui/dom';
import { count, countedColumns, countedRows } from '../data/format';
import { number } from '../data/numbers';
import type { Profile, ProfileColumn } from '../data/answers';
import type { Tab } from '../ui/tab';
import { growing } from '../ui/growing';
import { trans } from '../translation';

/** Columns on a page, because 1,000 drawings at once would be slow. */
const PAGE = 60;
const WIDTH = 140;
const HEIGHT = 28;
/** Categories that are drawn as bars. */
const TOP = 3;

export const dataTab: Tab = {
  name: 'data',
  get title() {
    return trans.__('Data');
  },
  draw({ version }) {
    const { profile } = version;
    return profile?.columns
      ? profiled(profile, profile.columns)
      : notice(
          'empty',
          trans.__('No data profile was recorded.'),
          trans.__('Commit with --data VARIABLE.'),
        );
  },
};

function profiled(profile: Profile, columns: readonly ProfileColumn[]): HTMLElement {
  const rows = profile.rows ?? 0;
  const body = h('tbody');
  const more = growing({
    items: columns,
    body,
    draw: (column) => line(column, rows),
    first: PAGE,
    page: PAGE,
    label: (next) => trans.__('Show %1 more of %2 columns', next, columns.length),
  });
  return h(
    'div',
    { class: 'nbm-profile' },
    h(
      'p',
      { class: 'nbm-faint' },
      `${countedRows(rows)}, ${countedColumns(columns.length)}`,
      profile.fingerprint && [
        ', ',
        trans.__('fingerprint'),
        ' ',
        h('code', null, profile.fingerprint),
      ],
    ),
    h(
      'div',
      { class: 'nbm-scroll', tabindex: 0 },
      h('table', { 'aria-label': trans.__('Data profile') }, head(), body),
    ),
    more,
  );
}

function head(): HTMLElement {
  const titles = [
    trans.__('column'),
    trans.__('dtype'),
    trans.__('missing'),
    trans.__('distribution'),
    trans.__('range'),
    trans.__('mean ± std'),
    trans.__('unique'),
  ];
  return h(
    'thead',
    null,
    h(
      'tr',
      null,
      titles.map((title) => h('th', { scope: 'col' }, title)),
    ),
  );
}

function line(column: ProfileColumn, rows: number): HTMLElement {
  return h(
    'tr',
    null,
    h('th', { scope: 'row', title: column.name }, h('span', { class: 'nbm-clip' }, column.name)),
    h('td', null, h('code', { class: 'nbm-faint' }, column.dtype)),
    h('td', null, missingShare(column.missing ?? 0, rows)),
    h('td', { class: 'nbm-shape' }, shape(column, rows)),
    h('td', null, range(column)),
    h('td', null, spread(column)),
    h('td', { class: 'nbm-num' }, column.unique !== undefined && count(column.unique)),
  );
}

function missingShare(amount: number, rows: number): HTMLElement {
  const share = rows > 0 ? amount / rows : 0;
  const text = amount === 0 ? '0' : percent(share);
  return h(
    'span',
    { class: 'nbm-missing', title: trans.__('%1 of %2', count(amount), count(rows)) },
    h('span', { class: 'nbm-meter' }, h('i', { style: { width: `${Math.min(1, share) * 100}%` } })),
    h('span', { class: amount === 0 && 'nbm-faint' }, text),
  );
}

function percent(share: number): string {
  const hundredths = share * 100;
  return hundredths > 0 && hundredths < 0.1
    ? '< 0.1%'
    : `${number(Number(hundredths.toFixed(1)))}%`;
}

const present = (value: unknown): boolean => value !== undefined && value !== null;

function range({ min, max }: ProfileColumn): Child {
  const [low, high] = [min, max].map((value) =>
    typeof value === 'number' ? number(value) : String(value ?? '').replace('T00:00:00', ''),
  );
  return (
    present(min) &&
    h('span', { class: 'nbm-clip', title: trans.__('%1 to %2', low, high) }, `${low} … ${high}`)
  );
}

function spread({ mean, std }: ProfileColumn): Child {
  return present(mean) && `${number(mean!)}${present(std) ? ` ± ${number(std!)}` : ''}`;
}

function shape(column: ProfileColumn, rows: number): Child {
  if (column.histogram?.counts.length) {
    return histogram(column);
  }
  return column.top?.length ? bars(column, rows) : null;
}

function histogram({ name, histogram: bins }: ProfileColumn): SVGElement {
  const { edges, counts } = bins!;
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const width = WIDTH / counts.length;
  const [low, high] = [number(edges[0] ?? 0), number(edges.at(-1) ?? 0)];
  const text = trans.__(
    '%1: %2 bins from %3 to %4, at most %5 rows in a bin',
    name,
    counts.length,
    low,
    high,
    most,
  );
  return svg(
    'svg',
    { ...picture, 'aria-label': text },
    svg('title', null, text),
    counts.map((amount, index) => {
      const height = amount === 0 ? 0 : Math.max(1, (amount / most) * (HEIGHT - 1));
      return svg('rect', {
        x: index * width + 0.5,
        y: HEIGHT - height,
        width: Math.max(0.5, width - 1),
        height,
      });
    }),
    svg('path', { d: `M0 ${HEIGHT - 0.5}H${WIDTH}`, class: 'nbm-base' }),
  );
}

const picture = {
  class: 'nbm-histogram',
  viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
  width: WIDTH,
  height: HEIGHT,
  role: 'img',
};

/** Bars of the most frequent categories, and of the rest. */
function bars(column: ProfileColumn, rows: number): HTMLElement {
  const top = (column.top ?? []).slice(0, TOP);
  const present = Math.max(1, rows - (column.missing ?? 0));
  return h(
    'ul',
    { class: 'nbm-tops', 'aria-label': trans.__('Most frequent values of %1', column.name) },
    top.map(([value, amount]) => {
      const text = value === true ? 'True' : value === false ? 'False' : String(value);
      const share = percent(amount / present);
      return h(
        'li',
        { title: `${text}: ${countedRows(amount)}, ${share}` },
        h('i', { style: { width: `${Math.min(1, amount / present) * 100}%` } }),
        h('span', { class: 'nbm-clip' }, text),
        h('span', { class: 'nbm-faint' }, share),
      );
    }),
  );
}
