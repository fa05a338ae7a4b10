/** The word and the shape of a state of health, so that color is not needed to tell it. */

import type { Health } from '../data/monitorReport';
import { trans } from '../translation';
import { h, svg, type Child } from './dom';

export const HEALTH_WORDS: Readonly<Record<Health['state'], () => string>> = {
  good: () => trans.__('Healthy'),
  warning: () => trans.__('Needs attention'),
  bad: () => trans.__('Unhealthy'),
  unknown: () => trans.__('Health unknown'),
};

/** SVG paths in an 8 x 8 box. */
const SHAPES: Readonly<Record<Health['state'], string>> = {
  good: 'M4 .8a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 4 .8Z',
  warning: 'M4 .4 7.9 7.4H.1Z',
  bad: 'M.8 2 2 .8l2 2 2-2L7.2 2l-2 2 2 2L6 7.2l-2-2-2 2L.8 6l2-2Z',
  unknown:
    'M4 .8a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 4 .8Zm0 1.3a1.9 1.9 0 1 1 0 3.8 1.9 1.9 0 0 1 0-3.8Z',
};

/** A drawing of the current text color; the element around it needs a label. */
export function healthShape(state: Health['state']): SVGSVGElement {
  return svg('svg', { viewBox: '0 0 8 8', 'aria-hidden': true }, svg('path', { d: SHAPES[state] }));
}

/** A shape with a word, in the color of the state. */
export function healthState(state: Health['state'], word: Child): HTMLElement {
  return h('b', { class: `nbm-health nbm-health-${state}` }, healthShape(state), word);
}
