/** An nbmodel widget in a saved notebook: shows the widget's HTML if its kernel has ended. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { Panel } from '@lumino/widgets';

type Rendermime = NotebookPanel['content']['rendermime'];
type Renderer = ReturnType<Rendermime['createRenderer']>;
type Model = Parameters<Renderer['renderModel']>[0];

/** In the outputs of `nbmodel/widgets`, beside the widget, its HTML and its text. */
const NBMODEL_WIDGET = 'application/vnd.nbmodel.widget+json';
const WIDGET = 'application/vnd.jupyter.widget-view+json';
const HTML = 'text/html';
/** Before the renderer of ipywidgets, which has rank -10. */
const RANK = -20;
/** What ipywidgets shows in place of a widget that is missing or not ready. */
const PLACEHOLDER = /^(Loading widget|Error displaying widget)/;
/** Milliseconds to wait before the HTML replaces that message. */
const PLACEHOLDER_MS = 1500;

/** The widget as ipywidgets shows it, or its HTML while the widget is missing. */
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
    const saved = rendermime.createRenderer(HTML in model.data ? HTML : 'text/plain');
    this.saved.addWidget(saved);
    this.addWidget(this.saved);
    await saved.renderModel(model);
    if (rendermime.mimeTypes.includes(WIDGET)) {
      this.live = rendermime.createRenderer(WIDGET);
      this.addWidget(this.live);
      this.saved.hide();
      this.observer.observe(this.live.node, { childList: true, subtree: true });
      this.timer = setTimeout(() => this.look(), PLACEHOLDER_MS);
      await this.live.renderModel(model);
    }
  }

  private look(): void {
    const away = PLACEHOLDER.test(this.live ? firstText(this.live.node) : '');
    if (!away || Date.now() - this.began >= PLACEHOLDER_MS) {
      this.saved.setHidden(!away);
      this.live?.setHidden(away);
    }
  }

  private readonly observer: MutationObserver;
  private readonly saved = new Panel();
  private readonly began = Date.now();
  private live: Renderer | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
}

/** The first text in an element: a large panel is not read whole each time it changes. */
function firstText(node: HTMLElement): string {
  return document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode()?.nodeValue ?? '';
}

export const savedOutputPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmodel-lab:saved-output',
  description: 'The saved view of a widget whose kernel is gone.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker) => {
    tracker.widgetAdded.connect((_, panel) => {
      const { rendermime } = panel.content;
      const createRenderer = (): SavedOutput => new SavedOutput(rendermime);
      rendermime.addFactory({ safe: false, mimeTypes: [NBMODEL_WIDGET], createRenderer }, RANK);
    });
  },
};
