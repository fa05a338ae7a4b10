/** Errors and notifications for the user. */

import { Dialog, Notification, showDialog, showErrorMessage } from '@jupyterlab/apputils';

import { h } from '../view/ui/dom';
import { toRequestError } from './rest';
import { trans } from './translation';

/** Most characters that JupyterLab shows of a notification; it cuts the others off. */
const MAX_CHARACTERS = 140;
/** Milliseconds for which a success is shown. */
const SUCCESS_MS = 4000;

/** Notify the user of a result. */
export function notifySuccess(text: string): void {
  const message = text.trim();
  const actions = readAll(message, showText);
  Notification.success(message, { autoClose: actions.length ? false : SUCCESS_MS, actions });
}

/** Notify the user of something to act on. */
export function notifyWarning(message: string, actions: Notification.IAction[]): void {
  Notification.warning(message, {
    autoClose: false,
    actions: [...readAll(message, showText), ...actions],
  });
}

/** Notify the user of an error. */
export function notifyError(error: unknown, actions: Notification.IAction[] = []): void {
  const { message } = toRequestError(error);
  const show = (whole: string): void => void showErrorMessage('nbmodel', whole);
  Notification.error(message, {
    autoClose: false,
    actions: [...readAll(message, show), ...actions],
  });
}

/** The button that shows the whole of a text for which a notification has no room. */
function readAll(message: string, show: (whole: string) => void): Notification.IAction[] {
  return message.length > MAX_CHARACTERS
    ? [
        {
          label: trans.__('Read all'),
          callback: (event) => {
            event.preventDefault(); // the notification and its other actions stay
            show(message);
          },
        },
      ]
    : [];
}

function showText(body: string): void {
  void showDialog({ title: trans.__('nbmodel'), body, buttons: [Dialog.okButton()] });
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
