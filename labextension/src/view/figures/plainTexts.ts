/** A value from JSON with texts that plotly draws literally, without links, styles and TeX. */

import { FigureProblem } from './problem';
import { trans } from '../translation';

/** Numbers of plotly in base64, by their dtype: bytes of each. */
const DTYPES: Readonly<Record<string, number>> = {
  i1: 1,
  u1: 1,
  i2: 2,
  u2: 2,
  i4: 4,
  u4: 4,
  f4: 4,
  f8: 8,
};
/** Parts that load something, or that run when a reader clicks. */
const REMOVED = new Set([
  'images',
  'updatemenus',
  'sliders',
  'frames',
  'source',
  'src',
  'href',
  'stencils',
  'uirevision',
  '__proto__',
  'constructor',
  'prototype',
]);
/** Keys whose values are formats of d3, in which `$` is a currency. */
const FORMAT = /format$/i;
/** A `<`, and the tag that it begins if that is complete and harmless. */
const OPENING = /<(?:(\/?)(b|i|em|strong|sub|sup|s|u|br|extra)\s*\/?>)?/gi;

/** Copy `value`; `count` is called with the number of values of each array. */
export function plainTexts(
  value: unknown,
  depth: number,
  count: (values: number) => void,
  key = '',
): unknown {
  if (typeof value === 'string') {
    return plainText(value, key);
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (depth === 0) {
    throw new FigureProblem(trans.__('The figure is nested too deeply.'));
  }
  if (Array.isArray(value)) {
    count(value.length);
    return value.map((each) => plainTexts(each, depth - 1, count, key));
  }
  if ('bdata' in value) {
    return numbers(value, count);
  }
  const entries = Object.entries(value).filter(([name]) => !REMOVED.has(name));
  return Object.fromEntries(
    entries.map(([name, each]) => [name, plainTexts(each, depth - 1, count, name)]),
  );
}

/**
 * A text in which only tags without attributes are left. Any other `<` is shown as a character, also
 * one without an end: plotly joins texts, and two of them could make a link.
 */
function plainText(text: string, key: string): string {
  const marked = text.replace(OPENING, (_, end: string = '', name?: string) =>
    name === undefined ? '&lt;' : `<${end}${name.toLowerCase()}>`,
  );
  const isTex = /\$[^$]*\$/.test(marked) && !FORMAT.test(key);
  return isTex ? marked.replace(/\$/g, '&#36;') : marked;
}

function numbers(
  array: Record<string, unknown>,
  count: (values: number) => void,
): Record<string, unknown> {
  const { dtype, bdata, shape } = array;
  const size = DTYPES[String(dtype)];
  if (!size || typeof bdata !== 'string') {
    throw new FigureProblem(trans.__('The figure has numbers that cannot be read.'));
  }
  const length = Math.floor((bdata.replace(/=+$/, '').length * 3) / 4) / size;
  const sides = typeof shape === 'string' ? shape.split(',').map(Number) : [length];
  const product = sides.reduce((all, side) => all * side, 1);
  if (sides.length > 3 || product !== length || !sides.every((side) => side > 0 || length === 0)) {
    throw new FigureProblem(trans.__('The figure has numbers that cannot be read.'));
  }
  count(length);
  const whole = { dtype: String(dtype), bdata };
  return sides.length === 1 ? whole : { ...whole, shape: sides.join(', ') };
}
