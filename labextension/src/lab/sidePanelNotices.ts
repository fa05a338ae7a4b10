/** The notices of the side panel: an error, an empty registry, versions that cannot be read. */

import { notice } from '../view/ui/dom';
import { count } from '../view/data/format';
import type { Registry } from '../view/data/answers';
import type { Browser } from './browser';
import { trans } from './translation';

/** Notices above the tree, or in its place. */
export function noticesOf({ error, registry, query, hint, tree }: Browser): HTMLElement[] {
  if (error) {
    // Every user begins with a folder without models, so this is not shown as an error.
    const kind = error.kind === 'RegistryNotFound' ? 'empty' : 'error';
    return [notice(kind, error.what, error.hint)];
  }
  if (!registry) {
    return [];
  }
  return tree.models.length ? unreadable(registry) : [empty(registry, query, hint)];
}

function empty(registry: Registry, query: string, hint: string): HTMLElement {
  return query
    ? notice(
        'empty',
        trans.__('No model matches %1.', query),
        `${hint} ${trans.__('Clear the search with Escape.')}`.trim(),
      )
    : notice('empty', trans.__('There are no models yet.'), registry.hint);
}

function unreadable(registry: Registry): HTMLElement[] {
  const total = registry.unreadable.length;
  const some = trans._n(
    '%2 version cannot be read.',
    '%2 versions cannot be read.',
    total,
    count(total),
  );
  return total ? [notice('warning', some, registry.unreadable[0]!.reason)] : [];
}
