/** Links between the views of a panel. */

import { hashOf, type Route } from '../data/route';
import { trans } from '../translation';
import { h, type Child, type Props } from './dom';

export interface Navigation {
  /** Whether the page's address names the view, so that links can be copied. */
  inAddress: boolean;
  go(route: Route): void;
}

/** A link to a view: an anchor where the page's address names the view, else a button. */
export function routeLink(
  navigation: Navigation,
  route: Route,
  props: Props,
  ...children: readonly Child[]
): HTMLElement {
  const follow = (event: MouseEvent): void => {
    if (opensHere(event)) {
      event.preventDefault();
      navigation.go(route);
    }
  };
  return navigation.inAddress
    ? h('a', { ...props, href: hashOf(route), onclick: follow }, ...children)
    : h('button', { ...props, type: 'button', onclick: () => navigation.go(route) }, ...children);
}

/** Whether a click on a link means this page, not another tab or a download. */
function opensHere({ button, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  return button === 0 && !(ctrlKey || metaKey || shiftKey || altKey);
}

/** The links to the overview and to the table; `current` is the view that is shown. */
export function viewLinks(navigation: Navigation, current: 'home' | 'versions'): HTMLElement {
  const link = (view: 'home' | 'versions', label: string): HTMLElement =>
    routeLink(
      navigation,
      { view },
      { class: 'nbm-view-link', 'aria-current': current === view ? 'page' : null },
      label,
    );
  return h(
    'nav',
    { class: 'nbm-view-links', 'aria-label': trans.__('Views') },
    link('home', trans.__('Overview')),
    link('versions', trans.__('All versions')),
  );
}
