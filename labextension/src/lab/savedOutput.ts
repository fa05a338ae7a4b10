/** An nbmodel widget in a saved notebook: shows the widget's text if its kernel has ended. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { Panel, Widget } from '@lumino/widgets';

import { h } from '../view/ui/dom';
import { trans } from './translation';

type Rendermime = NotebookPanel['content']['rendermime'];
type Renderer = ReturnType<Rendermime['createRenderer']>;
type Model = Parameters<Renderer['renderModel']>[0];

/** In the outputs of `nbmodel/widgets/server_status.py`, beside the widget and the text. */
const NBMODEL_WIDGET = 'application/vnd.nbmodel.widget+json';
const WIDGET = 'application/vnd.jupyter.widget-view+json';
/** Before the renderer of ipywidgets, which has rank -10. */
const RANK = -20;
/** What ipywidgets shows in place of a widget that is missing or not ready. */
const PLACEHOLDER = /^(Loading widget|Error displaying widget)/;
/** Milliseconds to wait before the text replaces that message. */
const PLACEHOLDER_MS = 1500;

/** The widget as ipywidgets shows it, or its text while the widget is missing. */
class SavedOutput extends Panel {
  constructor(private readonly rendermime: Rendermime) {
    super();
    this.observer = new MutationObserver(() => this.look());
  }

  dispose(): void {
    this.observer.disconnect();
    clearTimeout(this.timer);
    super.dispose();
  }

  async renderModel(model: Model): Promise<void> {
    const { rendermime } = this;
    const text = rendermime.createRenderer('text/plain');
    const words = trans.__(
      'This is the state when the notebook was saved. Run the cell again to see the current state.',
    );
    this.text.addWidget(text);
    this.text.addWidget(new Widget({ node: h('div', { class: 'nbm-lab-saved-output' }, words) }));
    this.addWidget(this.text);
    await text.renderModel(model);
    if (rendermime.mimeTypes.includes(WIDGET)) {
      this.live = rendermime.createRenderer(WIDGET);
      this.addWidget(this.live);
      this.text.hide();
      this.observer.observe(this.live.node, { childList: true, subtree: true });
      this.timer = setTimeout(() => this.look(), PLACEHOLDER_MS);
      await this.live.renderModel(model);
    }
  }

  private look(): void {
    const away = PLACEHOLDER.test(this.live?.node.textContent ?? '');
    if (!away || Date.now() - this.began >= PLACEHOLDER_MS) {
      this.text.setHidden(!away);
      this.live?.setHidden(away);
    }
  }

  private readonly observer: MutationObserver;
  private readonly text = new Panel();
  private readonly began = Date.now();
  private live: Renderer | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
}

export const savedOutputPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmodel-lab:saved-output',
  description: 'The text of a widget whose kernel is gone.',
  autoStart: true,
  requires: [ILabShell, INotebookTracker],
  activate: (_app: JupyterFrontEnd, _shell: ILabShell, tracker: INotebookTracker) => {
    tracker.widgetAdded.connect((_, panel) => {
      const { rendermime } = panel.content;
      const createRenderer = (): SavedOutput => new SavedOutput(rendermime);
      rendermime.addFactory({ safe: false, mimeTypes: [NBMODEL_WIDGET], createRenderer }, RANK);
    });
  },
};
