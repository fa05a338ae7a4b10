/** The figures of a version, and its other files. */

import type { Attachment } from '../data/answers';
import { size } from '../data/numbers';
import { loader, type Load } from '../figures/content';
import { drawAttachment, saveButton } from '../figures/drawing';
import { shownOf } from '../figures/selection';
import { growing } from '../ui/growing';
import { trans } from '../translation';
import { h, notice } from '../ui/dom';
import type { Tab } from '../ui/tab';
import { section } from './facts';

/** Figures that are drawn at first, and that each press adds. */
const PAGE = 12;

export const figuresTab: Tab = {
  name: 'figures',
  get title() {
    return trans.__('Figures');
  },
  fits: (source) => source.can('file'),
  draw({ source, version }) {
    const { attachments, row } = version;
    if (!attachments.length) {
      return notice(
        'empty',
        trans.__('No figures or files are attached.'),
        trans.__('Attach one: %model_annotate %1 --figure roc=fig', row.ref),
      );
    }
    const load = loader(source, version);
    const figures = shownOf(attachments);
    const others = attachments.filter((each) => !figures.includes(each));
    return h(
      'div',
      { class: 'nbm-parts' },
      figures.length > 0 && gallery(figures, load),
      others.length > 0 && section(trans.__('Files'), listOf(others, load)),
    );
  },
};

function gallery(figures: readonly Attachment[], load: Load): HTMLElement {
  const body = h('div', { class: 'nbm-figures' });
  const more = growing({
    items: figures,
    body,
    draw: (each) => drawAttachment(each, load),
    first: PAGE,
    page: PAGE,
    label: (next) => trans.__('Show %1 more of %2', next, figures.length),
  });
  return h('div', null, body, more);
}

function listOf(files: readonly Attachment[], load: Load): HTMLElement {
  return h(
    'ul',
    { class: 'nbm-file-list' },
    files.map((file) =>
      h(
        'li',
        null,
        h('span', { class: 'nbm-clip', title: file.name }, file.name),
        h('span', { class: 'nbm-faint' }, size(file.size)),
        file.author && h('span', { class: 'nbm-faint' }, file.author),
        saveButton(file, load),
      ),
    ),
  );
}
