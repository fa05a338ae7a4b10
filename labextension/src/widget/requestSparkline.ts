/** A small chart of the requests in the last two minutes. */

import { setProps, svg } from '../view/ui/dom';
import { rate } from './serverStatus';

const WIDTH = 120;
const HEIGHT = 22;
/** One value for each second. */
const SLOTS = 120;

export interface RequestSparkline {
  readonly element: SVGSVGElement;
  draw(history: ReadonlyArray<number | null>): void;
}

/** An area whose right edge is now; seconds without a count leave a gap. */
export function makeRequestSparkline(): RequestSparkline {
  const area = svg('path', { class: 'nbm-flow-area' });
  const line = svg('path', { class: 'nbm-flow-line' });
  const element = svg(
    'svg',
    { class: 'nbm-flow', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' },
    svg('path', { class: 'nbm-flow-ground', d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }),
    area,
    line,
  );
  return {
    element,
    draw(history) {
      const values = history.slice(-SLOTS);
      const top = Math.max(1, ...values.map((value) => value ?? 0));
      const runs = runsOf(values, top);
      setProps(line, { d: runs.map((run) => `M${run.join('L')}`).join('') });
      setProps(area, { d: runs.map(closed).join('') });
      const last = values.at(-1) ?? null;
      const highest = rate(values.length ? top : null);
      const label = `Requests a second in the last two minutes: now ${rate(last)}`;
      setProps(element, { 'aria-label': top > 1 ? `${label}, at most ${highest}` : label });
    },
  };
}

/** Points `x y` of each stretch without a gap. */
function runsOf(values: ReadonlyArray<number | null>, top: number): string[][] {
  const runs: string[][] = [];
  let open = false;
  values.forEach((value, index) => {
    if (value !== null) {
      const x = WIDTH - ((values.length - 1 - index) / (SLOTS - 1)) * WIDTH;
      const y = HEIGHT - 1 - (value / top) * (HEIGHT - 3);
      const point = `${x.toFixed(1)} ${y.toFixed(1)}`;
      if (open) {
        runs.at(-1)?.push(point);
      } else {
        runs.push([point]);
      }
    }
    open = value !== null;
  });
  return runs;
}

function closed(run: readonly string[]): string {
  const [first, last] = [run[0]!.split(' ')[0], run.at(-1)!.split(' ')[0]];
  return `M${run.join('L')}L${last} ${HEIGHT}L${first} ${HEIGHT}Z`;
}
