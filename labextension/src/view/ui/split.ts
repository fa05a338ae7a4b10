/** The bar between two panes, moved by the pointer or by the arrow keys. */

import { h } from './dom';

const LEAST = 25;
const MOST = 75;
const STEP = 5;

/** A separator that sets `--nbm-split` of `panes`, the percentage of its first pane. */
export function splitter(room: HTMLElement): HTMLElement {
  let part = 50;
  const bar = h('div', {
    class: 'nbm-split',
    role: 'separator',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': 'Width of the table',
    'aria-valuemin': LEAST,
    'aria-valuemax': MOST,
  });
  const set = (to: number): void => {
    part = Math.min(Math.max(to, LEAST), MOST);
    bar.setAttribute('aria-valuenow', String(Math.round(part)));
    room.style.setProperty('--nbm-split', `${part}%`);
  };
  const moves: Readonly<Record<string, () => number>> = {
    ArrowLeft: () => part - STEP,
    ArrowRight: () => part + STEP,
    Home: () => LEAST,
    End: () => MOST,
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
      const { left, width } = room.getBoundingClientRect();
      set((100 * (event.clientX - left)) / width);
    }
  });
  set(part);
  return bar;
}
