/**
 * The texts of the panel in the user's language.
 *
 * JupyterLab sets its translation. A notebook without JupyterLab and the static page have none, and
 * the texts stay English. The translation is a variable of this module, because a page has only one
 * language. A parameter would go through every function that draws.
 */

/** The functions of JupyterLab's `TranslationBundle` that the panel uses. */
export interface Translation {
  /** Translate a text, with `%1`, `%2` for the arguments. */
  __(text: string, ...args: unknown[]): string;
  /** Translate the form of a text for the number `n`, with `%1` for `n`, `%2` for the argument. */
  _n(one: string, many: string, n: number, ...args: unknown[]): string;
}

const ENGLISH: Translation = {
  __: (text, ...args) => text.replace(/%(\d+)/g, (_, place) => String(args[Number(place) - 1])),
  _n: (one, many, n, ...args) => ENGLISH.__(n === 1 ? one : many, n, ...args),
};

let current = ENGLISH;

/** Use `translation` from now on; null means English. */
export function setTranslation(translation: Translation | null): void {
  current = translation ?? ENGLISH;
}

/**
 * The translation in use.
 *
 * Call it when the text is shown, not when the module is loaded, because JupyterLab's translation
 * arrives with the first plugin. The texts must be literals in the call: JupyterLab's tools read
 * them from the source.
 */
export const trans: Translation = {
  __: (text, ...args) => current.__(text, ...args),
  _n: (one, many, n, ...args) => current._n(one, many, n, ...args),
};
