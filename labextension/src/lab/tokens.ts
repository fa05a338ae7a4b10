/** The interfaces between the plugins of this extension. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { ModelEntry, Row } from '../view/data/answers';
import type { Verbs } from '../view/data/source';
import type { KernelStatus } from './kernel';
import type { NotebookLocation, RestSource } from './rest';
import type { Sort } from './tree';

/** The current values of the user's settings. */
export interface Preferences {
  /** Milliseconds between two checks for new commits. */
  interval: number;
  side: 'left' | 'right';
  sort: Sort;
  /** Metric beside each model; empty for the most frequent one. */
  metric: string;
}

export interface ISettings {
  readonly now: Readonly<Preferences>;
  readonly changed: ISignal<ISettings, void>;
}
export const ISettings = new Token<ISettings>('nbmodel-lab:ISettings', 'Settings of nbmodel.');

/** The active notebook, its kernel, and the registry that they use. */
export interface IActiveRegistry {
  readonly place: NotebookLocation;
  /** The location of the notebook that contains an element, else of the active one. */
  placeOf(node: Node): NotebookLocation;
  /** Emitted when another registry may be active. */
  readonly moved: ISignal<IActiveRegistry, void>;
  /** Models of the active kernel; null unless nbmodel is loaded in it. */
  readonly status: KernelStatus | null;
  readonly statusChanged: ISignal<IActiveRegistry, void>;
  readonly notebook: NotebookPanel | null;
  /** A kernel that can run a command now; rejects with the error that prevents it. */
  kernel(): Promise<Kernel.IKernelConnection>;
  /** The same kernel, with nbmodel loaded. */
  loaded(): Promise<Kernel.IKernelConnection>;
  /** Query the active kernel for its models once it is idle. */
  askAgain(): void;
  /** A source for a registry; the verbs of the kernel go to the active notebook. */
  source(place: NotebookLocation, watched: () => boolean): RestSource;
  checkout(args: Verbs['checkout']['ask']): Promise<Verbs['checkout']['answer']>;
  merge(args: Verbs['merge']['ask']): Promise<Verbs['merge']['answer']>;
}
export const IActiveRegistry = new Token<IActiveRegistry>(
  'nbmodel-lab:IActiveRegistry',
  'The active registry.',
);

/** The selection in the side panel. */
export interface Selection {
  model: ModelEntry;
  /** The version, or the latest version of the model or branch. */
  row: Row;
}

export interface ISidePanel {
  readonly place: NotebookLocation;
  readonly source: RestSource;
  /** Stages of the registry. */
  readonly stages: readonly string[];
  readonly selection: Selection | null;
  /** The line on which a context menu was opened, else the selected line. */
  under(node: HTMLElement | undefined): Selection | null;
  /** References marked for a comparison, at most two. */
  readonly marked: readonly string[];
  mark(ref: string): void;
  reload(): Promise<void>;
  /** Wait until the tree shows the registry of the active notebook. */
  loaded(): Promise<void>;
  reveal(): void;
}
export const ISidePanel = new Token<ISidePanel>('nbmodel-lab:ISidePanel', 'The tree of models.');

/** Ids of the commands. */
export const COMMAND = {
  reveal: 'nbmodel:reveal',
  open: 'nbmodel:open',
  monitor: 'nbmodel:monitor',
  checkout: 'nbmodel:checkout',
  insert: 'nbmodel:insert-checkout',
  mark: 'nbmodel:mark',
  compare: 'nbmodel:compare',
  release: 'nbmodel:release',
  promote: 'nbmodel:promote',
  rollback: 'nbmodel:rollback',
  approve: 'nbmodel:approve',
  merge: 'nbmodel:merge',
  delete: 'nbmodel:delete',
  restore: 'nbmodel:restore',
  push: 'nbmodel:push',
  pull: 'nbmodel:pull',
  copy: 'nbmodel:copy-reference',
  commit: 'nbmodel:commit',
  refresh: 'nbmodel:refresh',
  describe: 'nbmodel:describe-reference',
} as const;
