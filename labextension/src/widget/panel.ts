/** The panel in a notebook: an anywidget that sends its questions to the kernel as messages. */

import type { InitialAnswers, Opening } from '../view/data/opening';
import { drawApp } from '../view/app';
import { h } from '../view/ui/dom';
import { CommSource } from './commSource';
import { rerunCell, watchConnection, type NextStep } from './connection';
import { useStyles } from './styles';
import { connected, type WidgetModel } from './widgetModel';

export interface RenderOptions {
  /** Its values: `opening`: `Opening`; `initial`: `InitialAnswers` or empty; `verbs`. */
  model: WidgetModel;
  el: HTMLElement;
  /** What the user can do when the kernel has ended; by default, run the cell again. */
  nextStep?: NextStep;
  /** Whether the page's address names the view. */
  inAddress?: boolean;
}

/** Draw one view of the widget; returns a function that ends it. */
function render({ model, el, nextStep, inAddress = false }: RenderOptions): () => void {
  useStyles();
  const source = new CommSource(connected(model));
  const initial = model.get('initial') as Partial<InitialAnswers>;
  const host = h('div', { class: 'nbm-app' });
  el.append(host);
  const end = drawApp(host, source, {
    inAddress,
    face: inAddress ? 'dashboard' : 'notebook',
    opening: model.get('opening') as Opening,
    initial: initial.registry ? (initial as InitialAnswers) : undefined,
  });
  const endNotice = watchConnection(source, host, nextStep ?? rerunCell(el));
  return () => {
    endNotice();
    end();
    host.remove();
    source.dispose();
  };
}

export default { render };
