/** The first line of a view: the registry's name, its size, and the way to the other view. */

import { countedModels, countedVersions } from '../data/format';
import type { Registry } from '../data/answers';
import type { PanelOptions } from '../data/opening';
import { trans } from '../translation';
import { fill, h, icon } from './dom';
import { viewLinks } from './routeLink';

export type HeadOptions = Pick<PanelOptions, 'title' | 'note' | 'navigation'>;

export class HeadLine {
  readonly element: HTMLElement;
  private readonly name = h('span', { class: 'nbm-name' });
  private readonly counts = h('span', { class: 'nbm-faint nbm-counts' });
  private readonly lock = h(
    'span',
    { class: 'nbm-chip nbm-lock', hidden: true },
    icon('lock'),
    trans.__('read-only'),
  );

  constructor(
    private readonly options: HeadOptions,
    view: 'home' | 'versions',
  ) {
    const { note = '', navigation } = options;
    this.element = h(
      'div',
      { class: 'nbm-head-line' },
      icon('model'),
      this.name,
      this.counts,
      h('span', { class: 'nbm-space' }),
      h('span', { class: 'nbm-faint nbm-clip' }, note),
      this.lock,
      navigation && viewLinks(navigation, view),
    );
  }

  draw(registry: Registry | null): void {
    fill(this.name, this.options.title || (registry?.name ?? ' '));
    this.counts.textContent = registry
      ? `${countedModels(registry.models)}, ${countedVersions(registry.versions)}`
      : '';
    this.lock.hidden = !registry?.readOnly;
  }
}
