/** A stage's health: a shape and a color for each state, and a label for screen readers. */

import { h } from '../view/ui/dom';
import { healthShape } from '../view/ui/healthShape';
import type { Health } from '../view/data/monitorReport';
import { trans } from './translation';

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
    healthShape(state),
  );
}
