/** Main-area tabs with the whole panel: the registry, a version, or a comparison. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';

import { skeleton, fill, h, notice } from '../view/ui/dom';
import { modelIcon } from './icon';
import { labelOf } from './labels';
import { toRequestError, type NotebookLocation } from './rest';
import { COMMAND, IActiveRegistry, ISidePanel } from './tokens';
import { trans } from './translation';

/** What a tab shows. The workspace stores it, so that a reload opens the tab again. */
export interface Opening {
  ref?: string;
  compare?: readonly string[];
  /** The model, stage or version to monitor. */
  monitor?: string;
  path?: string;
  repo?: string;
}

/** Holds the panel of `view/`, which loads its charts only when it is opened. */
class PanelHost extends Widget {
  constructor(
    private readonly active: IActiveRegistry,
    readonly opening: Opening,
    readonly place: NotebookLocation,
  ) {
    super({ node: h('div', { class: 'nbm-lab-panel', 'data-lm-suppress-shortcuts': 'true' }) });
    void this.draw();
  }

  dispose(): void {
    this.end();
    super.dispose();
  }

  private async draw(): Promise<void> {
    fill(this.node, skeleton(8));
    try {
      const { drawPanel } = await import('../view/panel');
      const source = this.active.source(this.place, () => this.isVisible);
      const { ref, compare, monitor } = this.opening;
      if (!this.isDisposed) {
        this.node.replaceChildren();
        const model = ref && MODEL.exec(ref)?.[0];
        const watch = monitor ? { ref: monitor } : undefined;
        const opening = { model, version: ref, compare, monitor: watch };
        this.end = drawPanel(this.node, source, { opening, face: 'lab' });
      }
    } catch (error) {
      const refusal = toRequestError(error);
      fill(this.node, notice('error', refusal.what, refusal.hint));
    }
  }

  private end: () => void = () => undefined;
}

const STRING = { type: 'string' } as const;

/** JSON schema of `Opening`. */
const ARGS = {
  type: 'object',
  properties: {
    ref: { ...STRING, description: 'Version to open, such as churn@3' },
    pointed: { type: 'boolean', description: 'Whether to open the version under the context menu' },
    compare: { type: 'array', items: STRING, description: 'Versions to compare' },
    monitor: { ...STRING, description: 'Model, stage or version to monitor' },
    path: { ...STRING, description: 'Notebook whose registry is shown' },
    repo: { ...STRING, description: 'Absolute path of the registry; `path` is ignored then' },
  },
} as const;

/** The model at the beginning of a reference. */
const MODEL = /^[^:@#~]+/;

function titleOf({ ref, compare, monitor }: Opening): string {
  return (
    compare?.join(' – ') ??
    (monitor ? trans.__('%1 monitored', monitor) : (ref ?? trans.__('Models')))
  );
}

function idOf(opening: Opening, place: NotebookLocation): string {
  return `nbmodel:${place.repo || place.path}:${titleOf(opening)}`;
}

export const mainTabPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmodel-lab:tab',
  description: 'Tabs with everything about a version.',
  autoStart: true,
  requires: [ILabShell, IActiveRegistry, ISidePanel],
  optional: [ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    active: IActiveRegistry,
    panel: ISidePanel,
    restorer: ILayoutRestorer | null,
  ) => {
    const tracker = new WidgetTracker<MainAreaWidget<PanelHost>>({ namespace: 'nbmodel' });
    app.commands.addCommand(COMMAND.open, {
      label: labelOf(trans.__('Open in a Tab')),
      describedBy: { args: ARGS },
      execute: (args) => {
        const { pointed, ...opening } = args as Opening & { pointed?: boolean };
        const subject = opening.compare ?? opening.monitor;
        const ref =
          opening.ref ||
          (subject ? undefined : panel.under(pointed ? hit(app) : undefined)?.row.ref);
        const { path = panel.place.path, repo = panel.place.repo } = opening;
        const place = { path, repo };
        const target: Opening = { ref, compare: opening.compare, monitor: opening.monitor };
        const id = idOf(target, place);
        let widget = tracker.find((each) => each.id === id);
        if (!widget) {
          // eslint-disable-next-line jupyter/require-disposable-ownership -- the shell owns it
          widget = new MainAreaWidget({ content: new PanelHost(active, target, place) });
          widget.id = id;
          widget.title.label = titleOf(target);
          widget.title.caption = trans.__('%1 in %2', titleOf(target), repo || path);
          widget.title.icon = modelIcon;
          shell.add(widget, 'main');
          void tracker.add(widget);
        }
        shell.activateById(id);
      },
    });
    void restorer?.restore(tracker, {
      command: COMMAND.open,
      args: ({ content }) => ({ ...content.opening, ...content.place }),
      name: ({ id }) => id,
    });
  },
};

function hit(app: JupyterFrontEnd): HTMLElement | undefined {
  return app.contextMenuHitTest((node) => node.dataset.key !== undefined);
}
