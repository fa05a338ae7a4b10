/** A button for the clipboard. */

import { h, icon } from './dom';
import { trans } from '../translation';

/** A button that copies a text and then shows that it did. */
export function copyButton(source: string, label: string): HTMLButtonElement {
  const status = h('span', { class: 'nbm-hidden', role: 'status' });
  const button = h(
    'button',
    { type: 'button', class: 'nbm-copy', 'aria-label': label, title: label },
    icon('copy'),
    status,
  );
  const copy = async (): Promise<void> => {
    const copied = await navigator.clipboard?.writeText(source).then(
      () => true,
      () => false,
    );
    status.textContent = copied
      ? trans.__('Copied')
      : trans.__('The browser refused access to the clipboard');
    button.dataset.copied = copied ? 'yes' : 'no';
    setTimeout(() => {
      delete button.dataset.copied;
      status.textContent = '';
    }, 1500);
  };
  button.addEventListener('click', () => void copy());
  return button;
}
