/** Why the table has no rows, and what to do next. */

import { notice } from '../ui/dom';
import type { Registry } from '../data/answers';
import { trans } from '../translation';

/** `every` if the question was about every version. */
export function emptyNotice({ versions, hint }: Registry, every: boolean): HTMLElement {
  if (versions === 0) {
    return notice('empty', trans.__('There are no versions yet.'), hint);
  }
  return notice(
    'empty',
    trans.__('No version matches.'),
    every ? trans.__('Use fewer words.') : trans.__('Use fewer words, or search every version.'),
  );
}
