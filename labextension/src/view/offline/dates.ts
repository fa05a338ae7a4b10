/** The span of time that a date of a query names, as `nbmodel/index/dates.py` reads it. */

const DAY = 86_400;
const AGO: Readonly<Record<string, number>> = {
  h: 3600,
  d: DAY,
  w: 7 * DAY,
  m: 30 * DAY,
  y: 365 * DAY,
};
const AGO_TEXT = /^([0-9]{1,6})([hdwmy])$/;
const DATE =
  /^(?<year>\d{4})(?:-(?<month>\d\d)(?:-(?<day>\d\d)(?:[T ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.\d+)?)?(?:Z|(?<sign>[+-])(?<hours>\d\d)(?::?(?<minutes>\d\d))?)?)?)?)?$/;

/**
 * First second of the year, month, day, minute or second, and the first second after it.
 *
 * The time zone is UTC, unless it is given. `7d` is the moment seven days ago. Null: not a date.
 */
export function spanOf(text: string): readonly [number, number] | null {
  const ago = AGO_TEXT.exec(text);
  if (ago) {
    const start = Math.floor(Date.now() / 1000 - Number(ago[1]) * (AGO[ago[2] ?? ''] ?? 0));
    return [start, start];
  }
  const given = DATE.exec(text)?.groups;
  if (!given) {
    return null;
  }
  const number = (unit: string, otherwise = 0): number => Number(given[unit] ?? otherwise);
  const [year, month, day] = [number('year'), number('month', 1), number('day', 1)];
  const start = secondsOf(year, month, day);
  const clock = [number('hour'), number('minute'), number('second')] as const;
  const zone = [number('hours'), number('minutes')] as const;
  const isValid = start !== null && isTime(...clock) && isTime(...zone, 0);
  if (!isValid) {
    return null;
  }
  const ahead = (given['sign'] === '-' ? -1 : 1) * (zone[0] * 3600 + zone[1] * 60);
  const begin = start + clock[0] * 3600 + clock[1] * 60 + clock[2] - ahead;
  return [begin, begin + lengthOf(given, year, month)];
}

/** Seconds of the smallest unit that is given. */
function lengthOf(
  given: Readonly<Record<string, string | undefined>>,
  year: number,
  month: number,
): number {
  if (given['second']) {
    return 1;
  }
  if (given['minute']) {
    return 60;
  }
  if (given['day']) {
    return DAY;
  }
  const days = (from: number, to: number): number => startOf(year, to, 1) - startOf(year, from, 1);
  return given['month'] ? days(month, month + 1) : days(1, 13);
}

function isTime(hours: number, minutes: number, seconds: number): boolean {
  return hours < 24 && minutes < 60 && seconds < 60;
}

/** The first second of a day in UTC; null if there is no such day. */
function secondsOf(year: number, month: number, day: number): number | null {
  const seconds = startOf(year, month, day);
  const date = new Date(seconds * 1000);
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? seconds : null;
}

/** As `Date.UTC`, which reads the year 99 as 1999. */
function startOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / 1000;
}
