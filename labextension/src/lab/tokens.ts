/** What the plugins of this extension are to each other. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type { ModelEntry, Row, Verbs } from '../view/source';
import type { KernelStatus } from './kernel';
import type { Place, RestSource } from './rest';
import type { Sort } from './tree';

/** The user's settings, as they are now. */
export interface Preferences {
  /** Milliseconds between two looks for new commits. */
  interval: number;
  side: 'left' | 'right';
  sort: Sort;
  /** Metric beside each model; empty for the most used one. */
  metric: string;
}

export interface ISettings {
  readonly now: Readonly<Preferences>;
  readonly changed: ISignal<ISettings, void>;
}
export const ISettings = new Token<ISettings>('nbmodel-lab:ISettings', 'Settings of nbmodel.');

/** The notebook in front, its kernel, and the registry that they use. */
export interface IFront {
  readonly place: Place;
  /** Another registry may be in front now. */
  readonly moved: ISignal<IFront, void>;
  /** Models of the kernel in front; null unless it loaded nbmodel. */
  readonly status: KernelStatus | null;
  readonly statusChanged: ISignal<IFront, void>;
  readonly notebook: NotebookPanel | null;
  /** A kernel that can run a command now; rejects with what stands in the way. */
  kernel(): Promise<Kernel.IKernelConnection>;
  /** The same with nbmodel loaded in it. */
  loaded(): Promise<Kernel.IKernelConnection>;
  /** Ask the kernel in front for its models once it is idle. */
  askAgain(): void;
  /** A source for a place; the verbs of the kernel go to the notebook in front. */
  source(place: Place, watched: () => boolean): RestSource;
  checkout(args: Verbs['checkout']['ask']): Promise<Verbs['checkout']['answer']>;
}
export const IFront = new Token<IFront>('nbmodel-lab:IFront', 'The registry in front.');

/** What is chosen in the side panel. */
export interface Chosen {
  model: ModelEntry;
  /** The version, or the latest one of the model or branch. */
  row: Row;
}

export interface ISidePanel {
  readonly place: Place;
  readonly source: RestSource;
  /** Stages that the registry knows. */
  readonly stages: readonly string[];
  readonly chosen: Chosen | null;
  /** What a context menu was opened on, else what is chosen. */
  under(node: HTMLElement | undefined): Chosen | null;
  /** References marked for a comparison, at most two. */
  readonly marked: readonly string[];
  mark(ref: string): void;
  reload(): Promise<void>;
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
  copy: 'nbmodel:copy-reference',
  commit: 'nbmodel:commit',
  refresh: 'nbmodel:refresh',
} as const;
