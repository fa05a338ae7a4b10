/** Numbers as `nbmodel/display.py` writes them, so that every interface shows the same digits. */

import type { Real } from './answers';

/** The number of an answer: JSON sends NaN and infinities as text. */
export function real(value: Real): number {
  return typeof value === 'number' ? value : Number(value);
}

/** Four significant digits; whole numbers below a billion whole. */
export function number(value: Real): string {
  const amount = real(value);
  if (Number.isNaN(amount)) {
    return 'NaN';
  }
  return Number.isInteger(amount) && Math.abs(amount) < 1e9 ? String(amount) : general(amount);
}

/** The difference between two numbers, with its sign. */
export function delta(before: Real, after: Real): string {
  const change = real(after) - real(before);
  const text = general(change);
  return text.startsWith('-') ? text : `+${text}`;
}

const MOST_DIGITS = 15;

/** Numbers with as many digits as tell them apart, at least the usual ones. */
export function numbersApart(values: readonly number[]): string[] {
  const distinct = new Set(values.filter(Number.isFinite)).size;
  for (let digits = 4; digits <= MOST_DIGITS; digits += 1) {
    const write = (value: number): string =>
      digits > 4 && Number.isFinite(value)
        ? String(Number(value.toPrecision(digits)))
        : number(value);
    const texts = values.map(write);
    const written = new Set(texts.filter((_, index) => Number.isFinite(values[index]))).size;
    if (written === distinct) {
      return texts;
    }
  }
  return values.map(String);
}

/** Four significant digits, as C's `%.4g` writes them. */
export function general(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  }
  if (value === 0) {
    return '0';
  }
  const [digits, power] = fourDigits(value);
  if (power < -4 || power >= 4) {
    const exponent = String(Math.abs(power)).padStart(2, '0');
    return `${trimmed(digits)}e${power < 0 ? '-' : '+'}${exponent}`;
  }
  return trimmed(Number(`${digits}e${power}`).toFixed(3 - power));
}

/** Mantissa and exponent. As in C, ties go to the even digit; JavaScript would round them up. */
function fourDigits(value: number): [digits: string, power: number] {
  const exact = value.toExponential(60);
  const tie = /^(-?\d\.\d{3})50*e([+-]\d+)$/.exec(exact);
  const even = tie && Number(tie[1]!.at(-1)) % 2 === 0;
  const [digits, power] = (even ? `${tie[1]}e${tie[2]}` : value.toExponential(3)).split('e');
  return [digits!, Number(power)];
}

function trimmed(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

const UNITS = ['KB', 'MB', 'GB', 'TB'] as const;

/** Bytes in SI units with at most three digits: `14 KB`. */
export function size(count: number): string {
  if (count < 1000) {
    return `${count} B`;
  }
  let amount = count / 1000;
  let unit = 0;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = amount < 100 ? String(Number(amount.toPrecision(3))) : amount.toFixed(0);
  return `${digits} ${UNITS[unit]}`;
}

/** Seconds since the epoch as local time to the minute. */
export function dateTime(time: number): string {
  const date = new Date(time * 1000);
  if (Number.isNaN(date.getTime())) {
    return `@${time}`;
  }
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The number that a text stands for, or null. */
export function parseNumber(text: string): number | null {
  const value = SPECIAL[text] ?? (NUMERIC.test(text) ? Number(text) : null);
  return value;
}

const NUMERIC = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const SPECIAL: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity };
