/** A stage's health: a shape and a color for each state, and a label for screen readers. */

import { h, svg } from '../view/ui/dom';
import type { Health } from '../view/data/monitorReport';
import { trans } from './translation';

/** SVG paths in an 8 x 8 box. */
const SHAPES: Readonly<Record<Health['state'], string>> = {
  good: 'M4 .8a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 4 .8Z',
  warning: 'M4 .4 7.9 7.4H.1Z',
  bad: 'M.8 2 2 .8l2 2 2-2L7.2 2l-2 2 2 2L6 7.2l-2-2-2 2L.8 6l2-2Z',
  unknown:
    'M4 .8a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 4 .8Zm0 1.3a1.9 1.9 0 1 1 0 3.8 1.9 1.9 0 0 1 0-3.8Z',
};

/** A description for a tooltip. */
export function healthLabel(health: Health): string {
  const { stage, version, state, reason, rollback } = health;
  return [
    `${stage}: ${SENTENCES[state](version)}`,
    reason,
    rollback && trans.__('Roll back: %1', rollback),
  ]
    .filter(Boolean)
    .join('\n');
}

/** The state of a version or stage as a sentence. */
const SENTENCES: Readonly<Record<Health['state'], (subject: string) => string>> = {
  good: (subject) => trans.__('%1 is in good health', subject),
  warning: (subject) => trans.__('%1 needs attention', subject),
  bad: (subject) => trans.__('%1 is in bad health', subject),
  unknown: (subject) => trans.__('%1 is not evaluated yet', subject),
};

/** The dot beside a stage. */
export function healthDot(health: Health): HTMLElement {
  const { stage, state, reason } = health;
  return h(
    'span',
    {
      class: `nbm-lab-health nbm-lab-health-${state}`,
      role: 'img',
      'aria-label': `${SENTENCES[state](stage)}${reason ? `: ${reason}` : ''}`,
      title: healthLabel(health),
    },
    svg('svg', { viewBox: '0 0 8 8', 'aria-hidden': true }, svg('path', { d: SHAPES[state] })),
  );
}
