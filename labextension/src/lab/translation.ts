/** The texts of the extension in the user's language. */

import { nullTranslator, type ITranslator, type TranslationBundle } from '@jupyterlab/translation';

const DOMAIN = 'nbmodel';

const current: { trans: TranslationBundle } = { trans: nullTranslator.load(DOMAIN) };

/** Use JupyterLab's translator; without one the texts stay English. */
export function setTranslator(translator: ITranslator | null): void {
  current.trans = (translator ?? nullTranslator).load(DOMAIN);
}

/**
 * Translates a text, with `%1`, `%2` for the arguments.
 *
 * Call it when the text is shown, not when the module is loaded: the translator arrives with the
 * first plugin.
 */
export const trans = {
  __: (text: string, ...args: unknown[]): string => current.trans.__(text, ...args),
  _n: (one: string, many: string, n: number, ...args: unknown[]): string =>
    current.trans._n(one, many, n, ...args),
};
