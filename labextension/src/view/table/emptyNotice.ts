/** Why the table has no rows, and what to do next. */

import { h, notice } from '../ui/dom';
import type { Page, Registry } from '../data/answers';
import { trans } from '../translation';

/** Draw the notice below the table, or remove it; `every` if the rows are about every version. */
export function drawEmptyNotice(
  table: HTMLElement,
  registry: Registry | null,
  page: Page | null,
  every: boolean,
): void {
  table.parentElement?.querySelector('.nbm-empty')?.remove();
  if (page?.rows.length === 0 && registry) {
    table.after(h('div', { class: 'nbm-empty' }, emptyNotice(registry, every)));
  }
}

function emptyNotice({ versions, hint }: Registry, every: boolean): HTMLElement {
  if (versions === 0) {
    return notice('empty', trans.__('There are no versions yet.'), hint);
  }
  return notice(
    'empty',
    trans.__('No version matches.'),
    every ? trans.__('Use fewer words.') : trans.__('Use fewer words, or search every version.'),
  );
}
