/** Runs the cell around a widget again when the widget asks for it. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

import { CELL_EVENT, type CellRequest } from '../view/ui/cellRunner';
import { LOAD } from './kernel';

export const cellRerunPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmodel-lab:cell-rerun',
  description: 'Runs the cell of a panel again after its kernel was restarted.',
  autoStart: true,
  requires: [ILabShell, INotebookTracker],
  activate: (_app: JupyterFrontEnd, _shell: ILabShell, tracker: INotebookTracker) => {
    document.addEventListener(CELL_EVENT, (event) => {
      const node = event.target as Node;
      const panel = tracker.find(({ content }) => content.node.contains(node));
      const cell = panel?.content.widgets.find((each) => each.node.contains(node));
      if (panel && cell) {
        (event as CustomEvent<CellRequest>).detail.run = () => void rerun(panel, cell);
      }
    });
  },
};

/** A new kernel does not know the magics, so they are loaded before the cell runs. */
async function rerun(
  panel: NotebookPanel,
  cell: NotebookPanel['content']['widgets'][number],
): Promise<void> {
  const { content, sessionContext } = panel;
  await sessionContext.ready;
  const code = { code: LOAD, silent: true, store_history: false };
  await sessionContext.session?.kernel?.requestExecute(code).done;
  const index = content.widgets.indexOf(cell); // cells may have moved since the notice appeared
  if (index < 0) {
    return;
  }
  content.deselectAll();
  content.activeCellIndex = index;
  await NotebookActions.run(content, sessionContext);
}
