/**
 * The values of each metric as dots, a small chart for each metric.
 *
 * Dots have no base line, so an axis may begin near the values: bars from 0 hide the difference of
 * 0.9914 and 0.9956. The colors are CSS variables, so the charts follow the theme by themselves.
 */

import { general, numbersApart } from '../data/numbers';
import { trans } from '../translation';
import { h, svg, type Child } from '../ui/dom';
import type { Series } from './families';
import { seriesColor } from './theme';

const WIDTH = 190;
const HEIGHT = 108;
/** Pixels of a character beside the axis, and the least width of the axis. */
const CHARACTER_WIDTH = 6;
const MIN_LEFT = 44;
const RIGHT = 12;
const TOP = 16;
const BOTTOM = 20;
const PLOT = HEIGHT - TOP - BOTTOM;
/** Most versions whose values and numbers are written beside the dots. */
const MAX_LABELS = 5;
/** The ratio of smallest to largest value below which an axis begins at 0. */
const FROM_ZERO = 0.5;
/** The free part of an axis above and below the values. */
const FREE = 0.25;

export interface Label {
  /** The version as the dots name it: `@2`. */
  short: string;
  ref: string;
}

/** The smallest and the largest value of an axis for these values. */
export function rangeOf(values: readonly number[]): [low: number, high: number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const free = (high - low || Math.abs(high) || 1) * FREE;
  if (low >= 0 && low < high * FROM_ZERO) {
    return [0, high + free];
  }
  return [low - free, high + free];
}

/** A chart for each metric, side by side where there is room. */
export function metricDots(series: readonly Series[], labels: readonly Label[]): HTMLElement {
  return h(
    'div',
    { class: 'nbm-dots' },
    series.map((each) => chart(each, labels)),
  );
}

function chart({ name, values }: Series, labels: readonly Label[]): HTMLElement {
  const finite = values.filter(Number.isFinite);
  const [low, high] = rangeOf(finite);
  const texts = numbersApart(values);
  const ticks = ticksOf(Math.min(...finite), Math.max(...finite));
  const longest = Math.max(...ticks.map((tick) => general(tick).length));
  const left = Math.max(MIN_LEFT, longest * CHARACTER_WIDTH + 8);
  const y = (value: number): number => TOP + PLOT * (1 - (value - low) / (high - low));
  const step = (WIDTH - left - RIGHT) / labels.length;
  const x = (index: number): number => left + step * (index + 0.5);
  const summary = labels.map(({ ref }, index) => trans.__('%1 in %2', texts[index], ref));
  return h(
    'figure',
    { class: 'nbm-dots-chart' },
    h('figcaption', { title: name }, name),
    svg(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: 'img',
        'aria-label': `${name}: ${summary.join(', ')}`,
      },
      ticks.map((tick) => gridLine(tick, left, y(tick))),
      values.map((value, index) =>
        dot(
          { x: x(index), y: y(value), index, text: texts[index]!, label: labels[index]! },
          labels,
        ),
      ),
    ),
  );
}

const ticksOf = (low: number, high: number): number[] => (low < high ? [low, high] : [low]);

function gridLine(value: number, left: number, y: number): Child {
  return [
    svg('line', { class: 'nbm-dots-grid', x1: left, x2: WIDTH - 2, y1: y, y2: y }),
    svg('text', { class: 'nbm-dots-tick', x: left - 5, y: y + 3 }, general(value)),
  ];
}

interface Dot {
  x: number;
  y: number;
  index: number;
  text: string;
  label: Label;
}

function dot({ x, y, index, text, label }: Dot, labels: readonly Label[]): Child {
  const few = labels.length <= MAX_LABELS;
  const color = seriesColor(index);
  const drawn = Number.isFinite(y);
  return [
    drawn &&
      svg(
        'circle',
        { cx: x, cy: y, r: 4, style: { fill: color } },
        svg('title', {}, `${label.ref}: ${text}`),
      ),
    drawn && few && svg('text', { class: 'nbm-dots-value', x, y: y - 7 }, text),
    few && svg('text', { class: 'nbm-dots-version', x, y: HEIGHT - 4 }, label.short),
  ];
}
