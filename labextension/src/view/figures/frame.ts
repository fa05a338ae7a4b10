/** A page of HTML that another person wrote, in a frame that runs and loads nothing. */

import { h } from '../ui/dom';
import { trans } from '../translation';

/** What the page may use: its own styles, and images and fonts that it contains. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');
// Before all of the page: nothing that follows can weaken a policy.
const HEAD = `<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta http-equiv="x-dns-prefetch-control" content="off"><meta name="referrer" content="no-referrer">`;

/** The frame. An empty `sandbox` forbids scripts, forms, windows and automatic navigation. */
export function framed(title: string, html: string): HTMLElement {
  const frame = h('iframe', {
    class: 'nbm-figure-frame',
    title: trans.__('Page %1', title),
    sandbox: '',
    referrerpolicy: 'no-referrer',
  });
  frame.srcdoc = HEAD + html;
  return frame;
}
