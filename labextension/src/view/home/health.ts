/** The health and the traffic of a stage, as a tile shows them. */

import { fill, h } from '../ui/dom';
import { HEALTH_WORDS, healthState } from '../ui/healthShape';
import type { Health } from '../data/monitorReport';
import { trans } from '../translation';
import type { TileView } from './tile';

/** What a tile shows until the answer arrives; it is as high as the answer. */
export function awaitHealth({ health, traffic }: TileView): void {
  fill(health, h('span', { class: 'nbm-faint' }, trans.__('Reading the prediction log…')));
  fill(traffic, '…');
}

/** Fill the place of a tile; without `health`, nothing was ever logged for its model. */
export function showHealth(view: TileView, health: Health | undefined): void {
  const state = health?.state ?? 'unknown';
  const word = health ? HEALTH_WORDS[state]() : trans.__('Not monitored');
  draw(view, state, word, health?.reason || trans.__('no predictions are logged'));
}

/** Say why the health is not known; what is shown already stays. */
export function showUnknown(view: TileView, why: string): void {
  if (view.element.dataset['health'] === undefined) {
    draw(view, 'unknown', HEALTH_WORDS.unknown(), why);
    fill(view.traffic, trans.__('unknown'));
  }
}

function draw(view: TileView, state: Health['state'], word: string, reason: string): void {
  view.element.dataset['health'] = state;
  view.health.title = reason;
  fill(view.health, healthState(state, view.monitor ? view.monitor(word) : word), ': ', reason);
}
