/** Times and windows as text, in UTC, because windows begin at UTC times. */

import { trans } from '../translation';

export const DAY = 86_400;

/** The seconds of `1h`, `7d` and the like; null for a date or an invalid text. */
export function parseDuration(span: string): number | null {
  const match = /^(\d{1,9})\s*([smhdw])$/.exec(span.trim());
  return match ? Number(match[1]) * UNITS[match[2]!]! : null;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: DAY, w: 7 * DAY };

/** Seconds since the epoch as `2013-04-01 10:00`. */
export function minute(time: number): string {
  return iso(time).slice(0, 16).replace('T', ' ');
}

/** Seconds since the epoch as `2013-04-01`. */
export function day(time: number): string {
  return iso(time).slice(0, 10);
}

/** The name of a window: its date, with the time of day if windows are shorter than a day. */
export function windowName(start: number, width: number): string {
  return width % DAY === 0 ? day(start) : minute(start);
}

/** A short name without the year, for an axis. */
export function windowShort(start: number, width: number): string {
  return width % DAY === 0 ? day(start).slice(5) : minute(start).slice(5);
}

/** A time in the form that plotly reads. */
export function plotTime(time: number): string {
  return iso(time).slice(0, 19).replace('T', ' ');
}

const NAMES: ReadonlyArray<readonly [seconds: number, name: (amount: number) => string]> = [
  [7 * DAY, (amount) => trans._n('week', '%1 weeks', amount)],
  [DAY, (amount) => trans._n('day', '%1 days', amount)],
  [3600, (amount) => trans._n('hour', '%1 hours', amount)],
  [60, (amount) => trans._n('minute', '%1 minutes', amount)],
  [1, (amount) => trans._n('second', '%1 seconds', amount)],
];

/** The length of a window: `day`, `2 weeks`, `90 seconds`. */
export function durationText(width: number): string {
  const [size, name] = NAMES.find(([size]) => width >= size && width % size === 0) ?? NAMES.at(-1)!;
  return name(width / size);
}

/** A time in ISO form; a time outside of the calendar stays a number. */
function iso(time: number): string {
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? `@${time}` : date.toISOString();
}
