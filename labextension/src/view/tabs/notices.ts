/** The messages above a view: problems of the registry, and errors with a button that retries. */

import { fill, h, notice } from '../ui/dom';
import type { Registry } from '../data/answers';
import { trans } from '../translation';
import { toRequestError, unreadableNotice } from './unreadable';

export class Notices {
  readonly element = h('div', { class: 'nbm-notices' });

  /** Draw the problems of the registry as a whole. */
  problems(registry: Registry | null): void {
    fill(this.element, unreadableNotice(registry?.unreadable ?? []));
  }

  /** Draw an error, in place of what was there. */
  error(error: unknown, retry: () => void): void {
    const { what, hint } = toRequestError(error);
    const button = { type: 'button', class: 'nbm-button', onclick: retry };
    fill(this.element, notice('error', what, hint), h('button', button, trans.__('Try again')));
  }
}
