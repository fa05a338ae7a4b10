/** Which registry is active: the one that the kernel of the active notebook names. */

import {
  type JupyterFrontEnd,
  ILabShell,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Debouncer } from '@lumino/polling';
import { Signal } from '@lumino/signaling';

import { RequestError, type Verbs } from '../view/data/source';
import {
  LOAD,
  notInstalled,
  askStatus,
  checkoutCell,
  mergeCode,
  evaluate,
  obstacle,
  run,
  type KernelState,
  type KernelStatus,
} from './kernel';
import { toRequestError, RestSource, type NotebookLocation } from './rest';
import { IActiveRegistry, ISettings } from './tokens';
import { trans } from './translation';

/** Milliseconds to wait after a cell has run before the kernel is queried. */
const QUIET_MS = 250;

/** Milliseconds that a kernel may be busy before a command is refused. */
const MAX_BUSY_MS = 1500;

/** Kernel statuses after which the variables are lost. */
const LOST_STATUSES = new Set(['restarting', 'autorestarting', 'dead', 'terminating']);

export class ActiveRegistry implements IActiveRegistry {
  readonly moved: Signal<IActiveRegistry, void> = new Signal<IActiveRegistry, void>(this);
  readonly statusChanged: Signal<IActiveRegistry, void> = new Signal<IActiveRegistry, void>(this);

  constructor(
    private readonly tracker: INotebookTracker,
    private readonly localPath: (path: string) => string,
    private readonly settings: ISettings,
  ) {
    tracker.widgetAdded.connect((_, panel) => this.follow(panel));
    tracker.forEach((panel) => this.follow(panel));
    tracker.currentChanged.connect(this.look, this);
    NotebookActions.executed.connect((_, { notebook }) => {
      if (this.notebook?.content === notebook) {
        this.askAgain();
      }
    });
    this.look();
  }

  get notebook(): NotebookPanel | null {
    return this.tracker.currentWidget;
  }

  get place(): NotebookLocation {
    return this.location;
  }

  placeOf(node: Node): NotebookLocation {
    const panel = this.tracker.find((each) => each.node.contains(node));
    return panel ? this.locate(panel) : this.place;
  }

  get status(): KernelStatus | null {
    return this.statusOf(this.notebook);
  }

  async kernel(): Promise<Kernel.IKernelConnection> {
    await this.rested();
    const kernel = this.connection();
    const state: KernelState = {
      notebook: this.notebook !== null,
      kernel: kernel !== null,
      status: this.notebook?.sessionContext.kernelDisplayStatus ?? 'unknown',
      language: '',
    };
    let problem = obstacle(state);
    if (!problem && kernel) {
      const language = (await kernel.info).language_info.name;
      problem = obstacle({ ...state, language });
    }
    if (problem) {
      throw problem;
    }
    return kernel!; // obstacle() has refused a missing kernel
  }

  async loaded(): Promise<Kernel.IKernelConnection> {
    const kernel = await this.kernel();
    // Cells that wait in the queue do not show in the kernel's status, but this question does not
    // get past them.
    const there = await evaluate(
      kernel,
      "str(__import__('importlib.util').util.find_spec('nbmodel') is not None)",
      MAX_BUSY_MS,
    );
    if (there !== 'True') {
      throw notInstalled();
    }
    const outcome = await run(kernel, LOAD);
    if (outcome.error) {
      throw new RequestError(
        trans.__('nbmodel cannot be loaded in this kernel: %1', outcome.error),
        trans.__('Repair the installation in the environment of the kernel.'),
        'kernel',
      );
    }
    return kernel;
  }

  askAgain(): void {
    const kernel = this.connection();
    if (kernel) {
      this.stale.add(kernel.id);
      void this.soon.invoke();
    }
  }

  source(place: NotebookLocation, watched: () => boolean): RestSource {
    return new RestSource(
      place,
      { watched, interval: this.settings.now.interval },
      { checkout: (args) => this.checkout(args), merge: (args) => this.merge(args) },
    );
  }

  async checkout(args: Verbs['checkout']['ask']): Promise<Verbs['checkout']['answer']> {
    const cell = checkoutCell(args.ref, args.trust, args.variable);
    return { text: await this.runChecked(cell), ref: args.ref };
  }

  async merge(args: Verbs['merge']['ask']): Promise<Verbs['merge']['answer']> {
    return { text: await this.runChecked(mergeCode(args)), ref: args.into };
  }

  /** Run code in the kernel, with nbmodel loaded; returns the text of its result. */
  private async runChecked(code: string): Promise<string> {
    const outcome = await run(await this.loaded(), code);
    this.askAgain();
    if (outcome.error) {
      throw new RequestError(outcome.error, '', 'kernel');
    }
    return outcome.text;
  }

  /** Wait for work that is over in a moment, such as a query of this extension after a cell. */
  private async rested(): Promise<void> {
    const context = this.notebook?.sessionContext;
    if (context?.kernelDisplayStatus !== 'busy') {
      return;
    }
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(patience);
        context.statusChanged.disconnect(check);
        resolve();
      };
      const check = (): void => {
        if (context.kernelDisplayStatus !== 'busy') {
          finish();
        }
      };
      const patience = setTimeout(finish, MAX_BUSY_MS);
      context.statusChanged.connect(check);
    });
  }

  private connection(panel = this.notebook): Kernel.IKernelConnection | null {
    return panel?.sessionContext.session?.kernel ?? null;
  }

  private statusOf(panel: NotebookPanel | null): KernelStatus | null {
    const id = this.connection(panel)?.id;
    return (id && this.statuses.get(id)) || null;
  }

  private locate(panel: NotebookPanel | null): NotebookLocation {
    const path = panel ? this.localPath(panel.context.path) : '';
    return { path, repo: this.statusOf(panel)?.registry ?? '' };
  }

  private follow(panel: NotebookPanel): void {
    const context = panel.sessionContext;
    context.kernelChanged.connect(() => this.askAgain());
    panel.context.pathChanged.connect(this.look, this);
    context.statusChanged.connect((_, status) => {
      const id = context.session?.kernel?.id;
      if (id && LOST_STATUSES.has(status) && this.statuses.delete(id)) {
        this.look();
      }
      if (id && status === 'idle' && this.stale.has(id)) {
        void this.soon.invoke();
      }
    });
  }

  /** Query the active kernel, unless it is busy: the method is called again when it is idle. */
  private async ask(): Promise<void> {
    const kernel = this.connection();
    if (!kernel || kernel.status !== 'idle' || !this.stale.delete(kernel.id)) {
      return;
    }
    const python = (await kernel.info).language_info.name === 'python';
    try {
      this.statuses.set(kernel.id, python ? await askStatus(kernel) : null);
    } catch (error) {
      this.statuses.set(kernel.id, null);
      console.warn(`nbmodel: ${toRequestError(error).message}`);
    }
    this.look();
  }

  /** Emit the signals; `moved` only if another registry is active. */
  private look(): void {
    const id = this.connection()?.id;
    if (id && !this.statuses.has(id) && !this.stale.has(id)) {
      this.askAgain();
    }
    const place = this.locate(this.notebook);
    const before = this.location;
    this.location = place;
    this.statusChanged.emit();
    if (folder(place.path) !== folder(before.path) || place.repo !== before.repo) {
      this.moved.emit();
    }
  }

  private location: NotebookLocation = { path: '', repo: '' };
  private readonly statuses = new Map<string, KernelStatus | null>();
  /** Kernels whose variables may have changed since the last query. */
  private readonly stale = new Set<string>();
  private readonly soon = new Debouncer(() => this.ask(), QUIET_MS);
}

/** Notebooks of one folder share its registry. */
function folder(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export const activeRegistryPlugin: JupyterFrontEndPlugin<IActiveRegistry> = {
  id: 'nbmodel-lab:front',
  description: 'The registry of the active notebook.',
  autoStart: true,
  requires: [ILabShell, INotebookTracker, ISettings],
  provides: IActiveRegistry,
  activate: (
    app: JupyterFrontEnd,
    _shell: ILabShell,
    tracker: INotebookTracker,
    settings: ISettings,
  ) => new ActiveRegistry(tracker, (path) => app.serviceManager.contents.localPath(path), settings),
};
