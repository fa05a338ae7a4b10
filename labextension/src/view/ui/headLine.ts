/** The first line of a view: the registry's name, its size, and the way to the other view. */

import { countedModels, countedVersions } from '../data/format';
import type { Registry } from '../data/answers';
import type { PanelOptions } from '../data/opening';
import { trans } from '../translation';
import { fill, h, icon } from './dom';
import { viewLinks } from './routeLink';

export type HeadOptions = Pick<PanelOptions, 'title' | 'note' | 'navigation'>;

/** What a screen reader says of the heading; the name is empty until it is known. */
const VIEWS = {
  home: (name: string) => (name ? trans.__('%1: overview', name) : trans.__('Overview')),
  versions: (name: string) =>
    name ? trans.__('%1: all versions', name) : trans.__('All versions'),
} as const;

export class HeadLine {
  readonly element: HTMLElement;
  readonly heading = h('h2', { class: 'nbm-name', tabindex: -1 });
  private readonly counts = h('span', { class: 'nbm-faint nbm-counts' });
  private readonly lock = h(
    'span',
    { class: 'nbm-chip nbm-lock', hidden: true },
    icon('lock'),
    trans.__('read-only'),
  );

  constructor(
    private readonly options: HeadOptions,
    private readonly view: 'home' | 'versions',
  ) {
    const { note = '', navigation } = options;
    this.element = h(
      'div',
      { class: 'nbm-head-line' },
      icon('model'),
      this.heading,
      this.counts,
      h('span', { class: 'nbm-space' }),
      h('span', { class: 'nbm-faint nbm-clip' }, note),
      this.lock,
      navigation && viewLinks(navigation, view),
    );
  }

  draw(registry: Registry | null): void {
    const name = this.options.title || (registry?.name ?? '');
    fill(this.heading, name || ' ');
    if (this.options.navigation) {
      this.heading.setAttribute('aria-label', VIEWS[this.view](name));
    }
    this.counts.textContent = registry
      ? `${countedModels(registry.models)}, ${countedVersions(registry.versions)}`
      : '';
    this.lock.hidden = !registry?.readOnly;
  }
}
