/** Errors and notifications for the user. */

import { Notification, showErrorMessage } from '@jupyterlab/apputils';

import { h } from '../view/ui/dom';
import { toRequestError } from './rest';
import { trans } from './translation';

/** Most characters in a notification. */
const MAX_CHARACTERS = 140;

export function notifySuccess(text: string): void {
  Notification.success(firstLine(text), { autoClose: 4000 });
}

/** Notify the user of an error; a long text can be opened in full. */
export function notifyError(error: unknown, actions: Notification.IAction[] = []): void {
  const { message } = toRequestError(error);
  const more: Notification.IAction = {
    label: trans.__('Read all'),
    callback: () => void showErrorMessage('nbmodel', message),
  };
  const long = message.length > MAX_CHARACTERS || message.includes('\n');
  Notification.error(message, { autoClose: false, actions: long ? [more, ...actions] : actions });
}

export function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? '';
}

/**
 * The element that holds the dialogs of `view/ui/dialog`; keys in it are not shortcuts of
 * JupyterLab.
 */
export function dialogHost(): HTMLElement {
  const there = document.querySelector<HTMLElement>('body > .nbm-lab-dialogs');
  const host =
    there ?? h('div', { class: 'nbm nbm-lab-dialogs', 'data-lm-suppress-shortcuts': 'true' });
  document.body.append(host);
  return host;
}
