import { trans } from '../translation';
import { h, icon, type Child } from './dom';

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

/** The head of details without a version: a title, and the button that closes them. */
export function closeLine(close: () => void, title: Child = null): HTMLElement {
  return h(
    'div',
    { class: 'nbm-details-head' },
    h(
      'div',
      { class: 'nbm-details-title' },
      title,
      h('span', { class: 'nbm-space' }),
      closeButton(close),
    ),
  );
}
