/** The bar between two panes, moved by the pointer or by the arrow keys. */

import { h } from './dom';
import { trans } from '../translation';

const MIN_PERCENT = 25;
const MAX_PERCENT = 75;
const STEP = 5;

/** A separator that sets `--nbm-split` of `panes`, the percentage of its first pane. */
export function splitter(panes: HTMLElement): HTMLElement {
  let part = 50;
  const bar = h('div', {
    class: 'nbm-split',
    role: 'separator',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': trans.__('Width of the table'),
    'aria-valuemin': MIN_PERCENT,
    'aria-valuemax': MAX_PERCENT,
  });
  const set = (to: number): void => {
    part = Math.min(Math.max(to, MIN_PERCENT), MAX_PERCENT);
    bar.setAttribute('aria-valuenow', String(Math.round(part)));
    panes.style.setProperty('--nbm-split', `${part}%`);
  };
  const moves: Readonly<Record<string, () => number>> = {
    ArrowLeft: () => part - STEP,
    ArrowRight: () => part + STEP,
    Home: () => MIN_PERCENT,
    End: () => MAX_PERCENT,
  };
  bar.addEventListener('keydown', (event) => {
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      set(move());
    }
  });
  bar.addEventListener('pointerdown', (event) => bar.setPointerCapture(event.pointerId));
  bar.addEventListener('pointermove', (event) => {
    if (bar.hasPointerCapture(event.pointerId)) {
      const { left, width } = panes.getBoundingClientRect();
      set((100 * (event.clientX - left)) / width);
    }
  });
  set(part);
  return bar;
}
