/** JupyterLab's translation of the texts of the extension. */

import type { ITranslator } from '@jupyterlab/translation';

import { setTranslation } from '../view/translation';

export { trans } from '../view/translation';

const DOMAIN = 'nbmodel';

/** Use JupyterLab's translator; without one the texts stay English. */
export function setTranslator(translator: ITranslator | null): void {
  setTranslation(translator?.load(DOMAIN) ?? null);
}
