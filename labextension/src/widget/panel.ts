/** The panel in a notebook: an anywidget that sends its questions to the kernel as messages. */

import type { InitialAnswers, Opening } from '../view/data/opening';
import { drawPanel } from '../view/panel';
import { CommSource, type WidgetModel } from './commSource';
import { rerunCell, watchConnection, type NextStep } from './connection';
import { useStyles } from './styles';

export interface RenderOptions {
  model: WidgetModel;
  el: HTMLElement;
  /** What the user can do when the kernel has ended; by default, run the cell again. */
  nextStep?: NextStep;
}

/** Draw one view of the widget; returns a function that ends it. */
function render({ model, el, nextStep }: RenderOptions): () => void {
  useStyles();
  const source = new CommSource(model);
  const initial = model.get('initial') as Partial<InitialAnswers>;
  const end = drawPanel(el, source, {
    opening: model.get('opening') as Opening,
    initial: initial.registry ? (initial as InitialAnswers) : undefined,
  });
  const panel = el.lastElementChild as HTMLElement;
  const endNotice = watchConnection(source, panel, nextStep ?? rerunCell(el));
  return () => {
    endNotice();
    end();
    source.dispose();
  };
}

export default { render };
