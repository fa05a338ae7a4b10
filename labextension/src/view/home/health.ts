/** The health and the traffic of a stage, as a tile shows them. */

import { fill, h } from '../ui/dom';
import { healthShape } from '../ui/healthShape';
import type { Health } from '../data/monitorReport';
import { trans } from '../translation';
import type { TileView } from './tile';

const WORDS: Readonly<Record<Health['state'], () => string>> = {
  good: () => trans.__('Healthy'),
  warning: () => trans.__('Needs attention'),
  bad: () => trans.__('Unhealthy'),
  unknown: () => trans.__('Health unknown'),
};

/** What a tile shows until the answer arrives; it is as high as the answer. */
export function awaitHealth({ health, traffic }: TileView): void {
  fill(health, h('span', { class: 'nbm-faint' }, trans.__('Reading the prediction log…')));
  fill(traffic, '…');
}

/** Fill the place of a tile; without `health`, nothing was ever logged for its model. */
export function showHealth(view: TileView, health: Health | undefined): void {
  const state = health?.state ?? 'unknown';
  const word = health ? WORDS[state]() : trans.__('Not monitored');
  draw(view, state, word, health?.reason || trans.__('no predictions are logged'));
}

/** Say why the health is not known; what is shown already stays. */
export function showUnknown(view: TileView, why: string): void {
  if (view.element.dataset['health'] === undefined) {
    draw(view, 'unknown', WORDS.unknown(), why);
    fill(view.traffic, trans.__('unknown'));
  }
}

function draw(view: TileView, state: Health['state'], word: string, reason: string): void {
  view.element.dataset['health'] = state;
  view.health.title = reason;
  fill(
    view.health,
    h(
      'b',
      { class: `nbm-tile-state nbm-tile-state-${state}` },
      healthShape(state),
      view.monitor ? view.monitor(word) : word,
    ),
    ': ',
    reason,
  );
}
