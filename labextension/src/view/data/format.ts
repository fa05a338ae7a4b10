/** Texts for users: durations, counts, and commands to type in a notebook. */

import { trans } from '../translation';

const SPANS: ReadonlyArray<readonly [seconds: number, name: Intl.RelativeTimeFormatUnit]> = [
  [365 * 86_400, 'year'],
  [30 * 86_400, 'month'],
  [7 * 86_400, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
];
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' });
const COUNT = new Intl.NumberFormat('en');

/** The time from `time` to `now`, both in seconds since the epoch: `3d ago`. */
export function ago(time: number, now = Date.now() / 1000): string {
  const passed = now - time;
  const span = SPANS.find(([seconds]) => Math.abs(passed) >= seconds);
  if (!span) {
    return Math.abs(passed) < 60 ? trans.__('just now') : '';
  }
  return RELATIVE.format(-Math.round(passed / span[0]), span[1]);
}

/** `10,000`; with `atLeast`, `10,000+`. */
export function count(amount: number, atLeast = false): string {
  return COUNT.format(amount) + (atLeast ? '+' : '');
}

/** `1 version`, `2,000 versions`. */
export function countedVersions(amount: number): string {
  return trans._n('%2 version', '%2 versions', amount, count(amount));
}

export function countedModels(amount: number): string {
  return trans._n('%2 model', '%2 models', amount, count(amount));
}

export function countedRows(amount: number): string {
  return trans._n('%2 row', '%2 rows', amount, count(amount));
}

export function countedColumns(amount: number): string {
  return trans._n('%2 column', '%2 columns', amount, count(amount));
}

/** A word in the line of a magic, quoted if necessary. */
export function shellWord(text: string): string {
  return /^[\w@#:.,~/+=-]+$/.test(text) ? text : `"${text.replace(/(["\\])/g, '\\$1')}"`;
}

/** The line of a magic; empty parts are left out. */
export function magic(name: string, ...parts: ReadonlyArray<string | readonly string[]>): string {
  const words = parts.flatMap((part) =>
    typeof part === 'string' ? (part ? [shellWord(part)] : []) : option(part),
  );
  return [`%model_${name}`, ...words].join(' ');
}

/** `['-m', text]`, or nothing if the text is empty. */
function option([flag = '', value = '']: readonly string[]): string[] {
  return value ? [flag, shellWord(value)] : [];
}
