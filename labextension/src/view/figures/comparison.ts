/** The figures of several versions side by side: a row for each title, a column for each version. */

import type { Attachment, Version } from '../data/answers';
import type { Source } from '../data/source';
import { section } from '../tabs/facts';
import { trans } from '../translation';
import { h, type Child } from '../ui/dom';
import { loader, type Load } from './content';
import { drawAttachment } from './drawing';
import { shownOf } from './selection';

const MAX_ROWS = 12;

/** The section, or null if fewer than two versions have figures. */
export function figuresSideBySide(versions: readonly Version[], source: Source): Child {
  const sides = versions.map((version) => ({
    ref: version.row.ref,
    load: loader(source, version),
    figures: new Map(shownOf(version.attachments).map((each) => [each.title, each])),
  }));
  if (!source.can('file') || sides.filter(({ figures }) => figures.size > 0).length < 2) {
    return null;
  }
  const titles = [...new Set(sides.flatMap(({ figures }) => [...figures.keys()]))];
  const rest = titles.length - MAX_ROWS;
  return section(
    trans.__('Figures'),
    titles.slice(0, MAX_ROWS).map((title) => rowOf(title, sides)),
    rest > 0 &&
      h(
        'p',
        { class: 'nbm-faint' },
        trans._n('%1 more figure is not drawn.', '%1 more figures are not drawn.', rest),
      ),
  );
}

interface Side {
  ref: string;
  load: Load;
  figures: ReadonlyMap<string, Attachment>;
}

function rowOf(title: string, sides: readonly Side[]): HTMLElement {
  const digests = new Set(sides.map(({ figures }) => figures.get(title)?.sha256));
  const [first] = sides;
  const figure = first?.figures.get(title);
  if (first && figure && digests.size === 1) {
    return h(
      'div',
      { class: 'nbm-figure-row' },
      h('h4', null, title, ' ', h('span', { class: 'nbm-faint' }, trans.__('the same in all'))),
      drawAttachment(figure, first.load, ''),
    );
  }
  return h(
    'div',
    { class: 'nbm-figure-row' },
    h('h4', null, title),
    h(
      'div',
      { class: 'nbm-figure-columns' },
      sides.map((side) => columnOf(title, side)),
    ),
  );
}

function columnOf(title: string, { ref, load, figures }: Side): HTMLElement {
  const figure = figures.get(title);
  return h(
    'div',
    { class: 'nbm-figure-column' },
    figure
      ? drawAttachment(figure, load, ref)
      : h(
          'p',
          { class: 'nbm-faint' },
          h('strong', null, ref),
          ' ',
          trans.__('not in this version'),
        ),
  );
}
