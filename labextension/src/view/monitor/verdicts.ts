/** The verdict on each stage, which comes before all charts: its state, and a sentence. */

import { fill, h } from '../ui/dom';
import { HEALTH_WORDS } from '../ui/healthShape';
import type { MonitorReport, Verdict } from '../data/monitorReport';
import { trans } from '../translation';

/** The sentences; drawn again only if they change, because a screen reader reads changes. */
export class Verdicts {
  readonly element = h('ul', {
    class: 'nbm-monitor-verdicts',
    'aria-label': trans.__('Verdict'),
    'aria-live': 'polite',
  });
  private drawn = '';

  draw(verdicts: MonitorReport['verdicts']): void {
    const state = JSON.stringify(verdicts);
    if (state !== this.drawn) {
      this.drawn = state;
      fill(this.element, verdicts.map(line));
    }
  }
}

function line({ state, verdict }: Verdict): HTMLElement {
  const name = state in HEALTH_WORDS ? state : 'unknown';
  return h(
    'li',
    { class: `nbm-monitor-verdict nbm-monitor-verdict-${name}` },
    h('span', { class: 'nbm-monitor-verdict-state' }, HEALTH_WORDS[name]()),
    h('span', null, verdict),
  );
}
