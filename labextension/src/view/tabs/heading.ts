/** The heading above the tabs of a version. */

import { actionButtons, type ActionContext } from './actions';
import { copyButton } from '../ui/copy';
import { chips } from '../ui/chips';
import { h, type Child } from '../ui/dom';
import { ago } from '../data/format';
import { dateTime } from '../data/numbers';
import { trans } from '../translation';

/** The name with its chips, `close` at the end, the summary, the message and the actions. */
export function heading(context: ActionContext, close: HTMLElement): Child {
  const { row, message } = context.version;
  return [
    h(
      'div',
      { class: 'nbm-details-title' },
      h(
        'div',
        { class: 'nbm-details-names' },
        h('h2', { tabindex: -1 }, row.ref),
        copyButton(row.ref, trans.__('Copy reference')),
        chips(row),
      ),
      close,
    ),
    h(
      'p',
      { class: 'nbm-details-facts' },
      h('span', null, row.type),
      row.summary && h('span', null, row.summary),
      h('span', null, row.author),
      h('time', { title: dateTime(row.time) }, ago(row.time)),
    ),
    row.message && h('p', { class: 'nbm-details-message', title: message }, row.message),
    actionButtons(context),
  ];
}
