/** Says in a panel that its kernel is busy, or that the panel is no longer connected. */

import { trans } from '../view/translation';
import { fill, h, icon } from '../view/ui/dom';
import type { CommSource, ConnectionState } from './commSource';
import { cellRunner } from '../view/ui/cellRunner';

/** What the user can do when the kernel has ended. */
export interface NextStep {
  sentence: string;
  label: string;
  /** Looked up when the kernel has ended; null if the front end cannot do it. */
  find(): (() => void) | null;
}

/** The next step of a panel in a notebook. */
export function rerunCell(el: HTMLElement): NextStep {
  return {
    get sentence() {
      return trans.__('Run the cell again to connect it.');
    },
    get label() {
      return trans.__('Run the cell again');
    },
    find: () => cellRunner(el),
  };
}

/**
 * Follow the connection of `source`. A panel without a kernel is inert, so that nothing in it can
 * be clicked in vain. Returns a function that removes the notice.
 */
export function watchConnection(
  source: CommSource,
  panel: HTMLElement,
  nextStep: NextStep,
): () => void {
  const notice = h('div', { class: 'nbm nbm-connection', role: 'status' });
  panel.after(notice);
  source.onConnection((state) => {
    notice.dataset['state'] = state;
    fill(notice, contentOf(state, nextStep));
    panel.toggleAttribute('inert', state === 'lost');
    if (state === 'lost') {
      panel.querySelectorAll('dialog').forEach((dialog) => dialog.close());
    }
  });
  return () => notice.remove();
}

function contentOf(state: ConnectionState, nextStep: NextStep): readonly Node[] {
  const texts: Readonly<Record<ConnectionState, readonly string[]>> = {
    connected: [],
    busy: [trans.__('The kernel is busy. The panel continues when the kernel is idle.')],
    silent: [trans.__('The kernel does not answer. It may be busy, or it has ended.')],
    lost: [trans.__('The panel is no longer connected to a kernel.'), nextStep.sentence],
  };
  const sentences = texts[state];
  if (!sentences.length) {
    return [];
  }
  const act = state === 'lost' ? nextStep.find() : null;
  return [
    icon(state === 'lost' ? 'warning' : 'info'),
    h('span', null, sentences.join(' ')),
    ...(act
      ? [h('button', { type: 'button', class: 'nbm-button', onclick: act }, nextStep.label)]
      : []),
  ];
}
