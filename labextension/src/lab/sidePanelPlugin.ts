/** Adds the side panel to JupyterLab, on the side that the user prefers. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IStateDB } from '@jupyterlab/statedb';

import { Badge } from './badge';
import { SidePanel } from './sidePanel';
import { IActiveRegistry, ISettings, ISidePanel } from './tokens';

/** The position in the sidebar, after the file browser and the running kernels. */
const RANK = 350;

export const sidePanelPlugin: JupyterFrontEndPlugin<ISidePanel> = {
  id: 'nbmodel-lab:side-panel',
  description: 'The models of the active registry as a tree.',
  autoStart: true,
  requires: [ILabShell, IActiveRegistry, ISettings],
  optional: [ILayoutRestorer, IDefaultFileBrowser, IStateDB],
  provides: ISidePanel,
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    active: IActiveRegistry,
    settings: ISettings,
    restorer: ILayoutRestorer | null,
    files: IDefaultFileBrowser | null,
    state: IStateDB | null,
  ) => {
    const panel = new SidePanel(active, settings, app.commands);
    let { side } = settings.now;
    shell.add(panel, side, { rank: RANK, type: 'Models' });
    restorer?.add(panel, panel.id);
    panel.revealing = () => shell.activateById(panel.id);
    // In a new workspace the panel is open; later the user's layout decides. The file browser opens
    // itself at the same moment, so the panel does it one turn later.
    void Promise.all([shell.restored, files?.model.restored]).then(([{ fresh }]) =>
      setTimeout(() => fresh && whenFilled(shell, panel.revealing)),
    );
    settings.changed.connect(() => {
      if (settings.now.side !== side) {
        ({ side } = settings.now);
        shell.add(panel, side, { rank: RANK, type: 'Models' });
        panel.revealing();
      }
    });
    returnFocus(app, panel.node);
    if (state) {
      new Badge(panel, active, state);
    }
    return panel;
  },
};

/** When a context menu closes, return the focus to the element where it was opened. */
function returnFocus(app: JupyterFrontEnd, node: HTMLElement): void {
  const { menu } = app.contextMenu;
  node.addEventListener('contextmenu', () => {
    const before = document.activeElement;
    const closed = (): void => {
      menu.aboutToClose.disconnect(closed);
      requestAnimationFrame(() => {
        if (document.activeElement === document.body && before instanceof HTMLElement) {
          before.focus();
        }
      });
    };
    menu.aboutToClose.connect(closed);
  });
}

/**
 * Wait for the first document: a change of the layout before it makes JupyterLab open a launcher.
 */
function whenFilled(shell: ILabShell, then: () => void): void {
  const look = () => {
    if (!shell.isEmpty('main')) {
      shell.layoutModified.disconnect(look);
      then();
    }
  };
  shell.layoutModified.connect(look);
  look();
}
