import { svg } from '../ui/dom';
import { countedVersions } from '../data/format';
import { number, real } from '../data/numbers';
import type { Real } from '../data/answers';
import { trans } from '../translation';

const WIDTH = 64;
const HEIGHT = 16;
const MARGIN = 2;

/**
 * A small line chart with its last value marked; values that are not numbers leave gaps. `counted`
 * says how many values there are.
 */
export function sparkline(
  values: readonly Real[],
  label: string,
  counted: (count: number) => string = countedVersions,
): SVGSVGElement {
  const points = places(values.map(real));
  const last = points.findLast((point) => point !== null);
  const text = altText(values, label, counted(values.length));
  return svg(
    'svg',
    {
      class: 'nbm-sparkline',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      width: WIDTH,
      height: HEIGHT,
      role: 'img',
      'aria-label': text,
    },
    svg('title', null, text),
    svg('path', { d: path(points), class: 'nbm-sparkline-line' }),
    last && svg('circle', { cx: last[0], cy: last[1], r: 1.75, class: 'nbm-sparkline-end' }),
  );
}

/** The same values as text, for screen readers. */
function altText(values: readonly Real[], label: string, counted: string): string {
  const [first, last] = [values.at(0), values.at(-1)];
  if (first === undefined || last === undefined) {
    return trans.__('%1: no values', label);
  }
  const range =
    values.length > 1 ? trans.__('from %1 to %2', number(first), number(last)) : number(last);
  return trans.__('%1: %2, %3', label, range, counted);
}

type Point = readonly [number, number];

/** The position of each value in the drawing; null for a value that is not a finite number. */
function places(values: readonly number[]): Array<Point | null> {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const step = (WIDTH - 2 * MARGIN) / Math.max(1, values.length - 1);
  return values.map((value, index) => {
    if (!Number.isFinite(value)) {
      return null;
    }
    const part = high > low ? (value - low) / (high - low) : 0.5;
    const y = HEIGHT - MARGIN - part * (HEIGHT - 2 * MARGIN);
    return [round(MARGIN + index * step), round(y)];
  });
}

function path(points: ReadonlyArray<Point | null>): string {
  let broken = true;
  return points
    .flatMap((point) => {
      const start = broken;
      broken = point === null;
      return point ? [`${start ? 'M' : 'L'}${point[0]} ${point[1]}`] : [];
    })
    .join('');
}

const round = (value: number): number => Math.round(value * 100) / 100;
