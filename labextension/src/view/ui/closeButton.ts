import { trans } from '../translation';
import { h, icon } from './dom';

/** The button that closes the details; where they fill the panel, it says what is behind them. */
export function closeButton(close: () => void): HTMLElement {
  return h(
    'button',
    {
      type: 'button',
      class: 'nbm-button nbm-button-quiet nbm-close',
      'data-key': 'close',
      'aria-label': trans.__('Close details'),
      title: trans.__('Close (Escape)'),
      onclick: close,
    },
    h('span', { class: 'nbm-close-words' }, trans.__('Show the table')),
    icon('close'),
  );
}
