/** The health and the traffic of a stage, as a tile shows them. */

import { fill, h, svg } from '../ui/dom';
import type { Health } from '../data/monitorReport';
import { trans } from '../translation';
import type { TileView } from './tile';

/** SVG paths in an 8 x 8 box: a shape for each state, so that color is not needed. */
const SHAPES: Readonly<Record<Health['state'], string>> = {
  good: 'M4 .8a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 4 .8Z',
  warning: 'M4 .4 7.9 7.4H.1Z',
  bad: 'M.8 2 2 .8l2 2 2-2L7.2 2l-2 2 2 2L6 7.2l-2-2-2 2L.8 6l2-2Z',
  unknown:
    'M4 .8a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 4 .8Zm0 1.3a1.9 1.9 0 1 1 0 3.8 1.9 1.9 0 0 1 0-3.8Z',
};
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
      svg('svg', { viewBox: '0 0 8 8', 'aria-hidden': true }, svg('path', { d: SHAPES[state] })),
      view.monitor ? view.monitor(word) : word,
    ),
    ': ',
    reason,
  );
}
