/** Windows of time as people read them: in UTC, as they are cut. */

const DAY = 86_400;

/** Seconds of what `1h`, `7d` and the like stand for; null for a date or nonsense. */
export function parseDuration(span: string): number | null {
  const found = /^(\d{1,9})\s*([smhdw])$/.exec(span.trim());
  return found ? Number(found[1]) * UNITS[found[2]!]! : null;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: DAY, w: 7 * DAY };

/** `2013-04-01 10:00` of seconds since the epoch. */
export function minute(time: number): string {
  return iso(time).slice(0, 16).replace('T', ' ');
}

/** `2013-04-01`. */
export function day(time: number): string {
  return iso(time).slice(0, 10);
}

/** A window: its date, and the time of day where windows are shorter than days. */
export function windowName(start: number, width: number): string {
  return width % DAY === 0 ? day(start) : minute(start);
}

/** The same in less room, where its neighbors tell the year. */
export function windowShort(start: number, width: number): string {
  return width % DAY === 0 ? day(start).slice(5) : minute(start).slice(5);
}

/** A time as plotly takes it. */
export function plotTime(time: number): string {
  return iso(time).slice(0, 19).replace('T', ' ');
}

const NAMES: ReadonlyArray<readonly [seconds: number, name: string]> = [
  [7 * DAY, 'week'],
  [DAY, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
];

/** `day`, `2 weeks`, `90 seconds`: how long a window is. */
export function durationText(width: number): string {
  const [size, name] = NAMES.find(([size]) => width >= size && width % size === 0) ?? [1, 'second'];
  const many = width / size;
  return many === 1 ? name : `${many} ${name}s`;
}

/** A time that no calendar has stays a number. */
function iso(time: number): string {
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? `@${time}` : date.toISOString();
}
