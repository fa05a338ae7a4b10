/**
 * The style sheet of all widgets, once for each page.
 *
 * The panel, the status of a server and the side panel of JupyterLab share rules. If each brought
 * its own sheet, the rules that are loaded last would override the others. So all use one sheet,
 * which sets a property with its own digest, and a page that has it gets no second one.
 */

import { h } from '../view/ui/dom';

/** Set by `build.mjs`; a page that links the sheet has an empty text here. */
declare const NBM_STYLES: { digest: string; text: string } | undefined;

const PROPERTY = '--nbm-styles';

/** Add the style sheet to the page, unless it is there. */
export function useStyles(): void {
  if (typeof NBM_STYLES === 'undefined' || !NBM_STYLES.text) {
    return;
  }
  const { digest, text } = NBM_STYLES;
  const present = getComputedStyle(document.documentElement).getPropertyValue(PROPERTY).trim();
  const own = document.head.querySelector(`style[data-nbm-styles="${digest}"]`);
  if (present !== digest && !own) {
    document.head.append(h('style', { 'data-nbm-styles': digest }, text));
  }
}
