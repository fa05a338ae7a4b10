import { afterEach, expect, it, vi } from 'vitest';

import { Notification, showDialog } from '@jupyterlab/apputils';

import { notifyError, notifySuccess, notifyWarning } from '../../src/lab/notifications';
import { RequestError } from '../../src/view/data/source';

vi.mock('@jupyterlab/apputils', () => ({
  Dialog: { okButton: () => 'ok' },
  Notification: { success: vi.fn(), warning: vi.fn(), error: vi.fn() },
  showDialog: vi.fn(),
  showErrorMessage: vi.fn(),
}));

const LONG = `churn@3 in prod: ${'a long reason, '.repeat(20)}\nand its end`;
const MONITOR = { label: 'Monitor', callback: vi.fn() };

afterEach(() => vi.clearAllMocks());

/** The text, the labels of the buttons, and whether the notification stays. */
function shown(kind: 'success' | 'warning' | 'error'): [unknown, string[], boolean] {
  const [text, options] = vi.mocked(Notification[kind]).mock.calls[0]!;
  return [text, (options!.actions ?? []).map(({ label }) => label), options!.autoClose === false];
}

it('shows a short text without a button, and a success only for a while', () => {
  notifySuccess(' copied\n');
  expect(shown('success')).toEqual(['copied', [], false]);
  notifyError(new RequestError('no', 'yes'));
  expect(shown('error')).toEqual([new RequestError('no', 'yes').message, [], true]);
});

it('has a button for the whole of a text that JupyterLab cuts', () => {
  notifySuccess(LONG);
  notifyWarning(LONG, [MONITOR]);
  notifyError(new RequestError(LONG, ''));
  expect(shown('success')).toEqual([LONG, ['Read all'], true]);
  expect(shown('warning')).toEqual([LONG, ['Read all', 'Monitor'], true]);
  expect(shown('error')[1]).toEqual(['Read all']);
});

it('shows the whole text and keeps the notification', () => {
  notifyWarning(LONG, [MONITOR]);
  const { callback } = vi.mocked(Notification.warning).mock.calls[0]![1]!.actions![0]!;
  const event = new MouseEvent('click', { cancelable: true });
  callback(event);
  expect(event.defaultPrevented).toBe(true);
  expect(vi.mocked(showDialog).mock.calls[0]![0]!.body).toBe(LONG);
});
