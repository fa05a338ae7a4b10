/** Numbers of evaluations as text, and intervals as small drawings. */

import { rangeOf } from '../charts/metricDots';
import { h, svg, type Child } from '../ui/dom';
import { delta, number, real } from '../data/numbers';
import type { Real } from '../data/answers';
import { trans } from '../translation';

const WIDTH = 96;
const HEIGHT = 12;
const MIDDLE = HEIGHT / 2;

export interface Interval {
  value: Real;
  low: Real | null;
  high: Real | null;
}

/** A probability with two digits. */
export function chance(p: Real | null): string {
  if (p === null) {
    return '';
  }
  const amount = real(p);
  return amount < 0.0001 ? '< 0.0001' : number(Number(amount.toPrecision(2)));
}

/** A difference with its sign. */
export function signed(difference: Real | null): string {
  return difference === null ? '' : delta(0, difference);
}

/** `0.88 to 0.92`; empty without an interval. */
export function endsOf({ low, high }: Interval, write: (value: Real) => string = number): string {
  return low === null || high === null ? '' : trans.__('%1 to %2', write(low), write(high));
}

/** The smallest and the largest value of a drawing. */
export type Scale = readonly [low: number, high: number];

/**
 * A scale that fits intervals, so that their bars can be compared. It begins at 0 if the smallest
 * value is near it, and ends at 1 if no value is above 1.
 */
export function scaleOf(intervals: readonly Interval[]): Scale {
  const ends = intervals
    .flatMap(({ value, low, high }) => [value, low ?? value, high ?? value].map(real))
    .filter(Number.isFinite);
  const [low, high] = rangeOf(ends.length ? ends : [0, 1]);
  return [low, ends.every((end) => end <= 1) ? Math.min(1, high) : high];
}

/** An interval as a bar on a scale, and its ends as text. */
export function intervalCell(interval: Interval, scale: Scale): Child {
  const ends = endsOf(interval);
  return ends && h('span', { class: 'nbm-interval' }, bar(interval, scale), h('span', null, ends));
}

function bar(interval: Interval, [begin, end]: Scale): Child {
  const [value, low, high] = [interval.value, interval.low!, interval.high!].map(real) as [
    number,
    number,
    number,
  ];
  if (![value, low, high].every(Number.isFinite)) {
    return null;
  }
  const x = (at: number): number => 2 + ((at - begin) / (end - begin)) * (WIDTH - 4);
  const text = trans.__('On a scale from %1 to %2', number(begin), number(end));
  return svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, 'aria-hidden': true },
    svg('title', null, text),
    svg('path', { class: 'nbm-interval-scale', d: `M2 ${MIDDLE}H${WIDTH - 2}` }),
    svg('rect', {
      class: 'nbm-interval-bar',
      x: x(low),
      y: MIDDLE - 3,
      width: Math.max(1, x(high) - x(low)),
      height: 6,
    }),
    svg('circle', { class: 'nbm-interval-value', cx: x(value), cy: MIDDLE, r: 2.25 }),
  );
}
