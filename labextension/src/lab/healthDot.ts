/** A stage's health: a shape and a color for each state, and a label for screen readers. */

import { h } from '../view/ui/dom';
import { HEALTH_WORDS, healthShape } from '../view/ui/healthShape';
import type { Health } from '../view/data/monitorReport';
import { trans } from './translation';

/** A description for a tooltip. */
export function healthLabel(health: Health): string {
  const { stage, version, state, reason, rollback } = health;
  return [
    `${stage}: ${stateOf(version, state)}`,
    reason,
    rollback && trans.__('Roll back: %1', rollback),
  ]
    .filter(Boolean)
    .join('\n');
}

/** The state of a version or stage, in the words of the overview. */
function stateOf(subject: string, state: Health['state']): string {
  return trans.__('%1: %2', subject, HEALTH_WORDS[state]());
}

/** The dot beside a stage. */
export function healthDot(health: Health): HTMLElement {
  const { stage, state, reason } = health;
  return h(
    'span',
    {
      class: `nbm-lab-health nbm-lab-health-${state}`,
      role: 'img',
      'aria-label': `${stateOf(stage, state)}${reason ? `: ${reason}` : ''}`,
      title: healthLabel(health),
    },
    healthShape(state),
  );
}
