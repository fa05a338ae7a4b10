/** Words for people: spans of time, counts, and lines that can be typed in a notebook. */

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

/** How long before `now` a time was, both in seconds since the epoch: `3d ago`. */
export function ago(time: number, now = Date.now() / 1000): string {
  const passed = now - time;
  const span = SPANS.find(([seconds]) => Math.abs(passed) >= seconds);
  if (!span) {
    return Math.abs(passed) < 60 ? 'just now' : '';
  }
  return RELATIVE.format(-Math.round(passed / span[0]), span[1]);
}

/** `10,000`; with `atLeast`, `10,000+`. */
export function count(amount: number, atLeast = false): string {
  return COUNT.format(amount) + (atLeast ? '+' : '');
}

/** `1 version`, `2,000 versions`. */
export function counted(amount: number, noun: string): string {
  return `${count(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A word of a magic's line, quoted if it has to be. */
export function shellWord(text: string): string {
  return /^[\w@#:.,~/+=-]+$/.test(text) ? text : `"${text.replace(/(["\\])/g, '\\$1')}"`;
}

/** A magic's line, of which the empty parts are left out. */
export function magic(name: string, ...parts: ReadonlyArray<string | readonly string[]>): string {
  const words = parts.flatMap((part) =>
    typeof part === 'string' ? (part ? [shellWord(part)] : []) : option(part),
  );
  return [`%model_${name}`, ...words].join(' ');
}

/** `['-m', text]`: left out whole if the text is empty. */
function option([flag = '', value = '']: readonly string[]): string[] {
  return value ? [flag, shellWord(value)] : [];
}

const LOWER =
  /(^|[_\W])(loss|logloss|error|err|rmse|mse|mae|mape|rmsle|brier|deviance|perplexity|ece|latency|fpr|fnr|time|seconds|ms)([_\W]|$)/i;

/** Whether less of a metric is better, as far as its name tells. */
export function lowerIsBetter(metric: string): boolean {
  return LOWER.test(metric);
}
