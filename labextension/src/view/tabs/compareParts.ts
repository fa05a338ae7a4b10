/** What every part of a comparison needs. */

import type { Registry } from '../data/answers';
import type { Source } from '../data/source';
import { trans } from '../translation';
import { h } from '../ui/dom';

export interface CompareContext {
  source: Source;
  directions: Registry['metricDirections'];
  open(ref: string): void;
}

/** A button that opens a version. */
export function opener(ref: string, context: CompareContext, text = ref): HTMLElement {
  const open = (): void => context.open(ref);
  return h(
    'button',
    { type: 'button', class: 'nbm-link', onclick: open, title: trans.__('Open %1', ref) },
    text,
  );
}
