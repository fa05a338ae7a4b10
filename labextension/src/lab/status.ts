/** The item of the status bar: the number of models in the kernel with uncommitted changes. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { fill, h } from '../view/ui/dom';
import { count as countText } from '../view/data/format';
import type { KernelStatus } from './kernel';
import { COMMAND, IActiveRegistry } from './tokens';
import { trans } from './translation';

/** Variables of models that would be lost with the kernel. */
export function uncommitted(status: KernelStatus | null): string[] {
  const models = status?.models ?? [];
  return models.filter(({ state }) => state !== 'committed').map(({ variable }) => variable);
}

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmodel-lab:status',
  description: 'Models of the kernel that changed since their last commit.',
  autoStart: true,
  requires: [ILabShell, IActiveRegistry],
  optional: [IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    _shell: ILabShell,
    active: IActiveRegistry,
    statusBar: IStatusBar | null,
  ) => {
    const button = h('button', {
      type: 'button',
      class: 'nbm-lab-status',
      onclick: () => void app.commands.execute(COMMAND.commit),
    });
    const item = new Widget({ node: h('div', null, button) });
    const activeStateChanged = new Signal<object, void>(item);
    let count = 0;
    active.statusChanged.connect(() => {
      const names = uncommitted(active.status);
      count = names.length;
      fill(button, trans._n('%2 model changed', '%2 models changed', count, countText(count)));
      button.title = trans.__('Not committed: %1. Click to commit.', names.join(', '));
      activeStateChanged.emit();
    });
    statusBar?.registerStatusItem('nbmodel-lab:status', {
      item,
      align: 'left',
      rank: 10,
      isActive: () => count > 0,
      activeStateChanged,
    });
  },
};
