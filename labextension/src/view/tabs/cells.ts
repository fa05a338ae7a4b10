/** The cells that made the object: Python in the percent format, highlighted. */

import { parser } from '@lezer/python';
import { classHighlighter, highlightTree } from '@lezer/highlight';

import { copyButton } from '../ui/copy';
import { h, notice, type Child } from '../ui/dom';
import { count } from '../data/format';
import type { Tab } from '../ui/tab';
import { trans } from '../translation';

export interface Cell {
  /** The text in brackets in the header, else the cell's position in the file. */
  label: string;
  source: string;
}

/** The cells of a file in percent format; text above the first header is a cell too. */
export function split(text: string): Cell[] {
  const parts = text.replace(/\r\n?/g, '\n').split(/^# %%(.*)\n?/m);
  const cells = parts[0]!.trim() ? [{ label: '', source: parts[0]! }] : [];
  for (let index = 1; index < parts.length; index += 2) {
    cells.push({ label: parts[index]!.trim(), source: parts[index + 1] ?? '' });
  }
  return cells.map(({ label, source }, index) => ({
    label: /^\[(.{1,12})\]$/.exec(label)?.[1] ?? (label || String(index + 1)),
    source: source.replace(/^\n+|\s+$/g, ''),
  }));
}

/** Python as spans of text, each with a class for its syntax. */
export function highlight(source: string): Child[] {
  const parts: Child[] = [];
  let position = 0;
  highlightTree(parser.parse(source), classHighlighter, (from, to, classes) => {
    parts.push(source.slice(position, from), h('span', { class: classes }, source.slice(from, to)));
    position = to;
  });
  return [...parts, source.slice(position)];
}

/** A piece of Python with a button to copy it. */
export function code(source: string): HTMLElement {
  return h(
    'div',
    { class: 'nbm-code' },
    h('pre', { tabindex: 0 }, h('code', null, highlight(source))),
    copyButton(source, trans.__('Copy this cell')),
  );
}

export const cellsTab: Tab = {
  name: 'cells',
  get title() {
    return trans.__('Cells');
  },
  draw({ version }) {
    const cells = split(version.cells);
    if (!cells.length) {
      return notice(
        'empty',
        trans.__('No cells were recorded.'),
        trans.__('%load_ext nbmodel records them.'),
      );
    }
    const words = trans._n(
      'Made by %2 cell',
      'Made by %2 cells',
      cells.length,
      count(cells.length),
    );
    return h(
      'div',
      { class: 'nbm-cells' },
      h(
        'div',
        { class: 'nbm-bar' },
        h('p', { class: 'nbm-faint' }, words),
        copyButton(version.cells, trans.__('Copy all cells')),
      ),
      h(
        'ol',
        { class: 'nbm-cell-list' },
        cells.map((cell) =>
          h(
            'li',
            { class: 'nbm-cell' },
            h(
              'span',
              { class: 'nbm-cell-number', title: trans.__('Cell %1', cell.label) },
              `[${cell.label}]`,
            ),
            code(cell.source),
          ),
        ),
      ),
    );
  },
};
