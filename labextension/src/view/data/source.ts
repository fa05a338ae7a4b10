/**
 * The questions that a front end may ask of a registry, and the source that answers them.
 *
 * Every front end draws the same answers. The panel in a notebook asks over a comm, and JupyterLab
 * over REST. The static page reads the answers from its data.
 */

import type {
  ActionResult,
  Deletion,
  Difference,
  FileContent,
  History,
  Home,
  Lineage,
  Merging,
  ModelEntry,
  Page,
  Registry,
  Row,
  Sharing,
  Sparkline,
  TrashEntry,
  Version,
} from './answers';
import type { Audit } from './audit';
import type { Timeline } from './timeline';
import type {
  AlertHistory,
  Distribution,
  Firing,
  Health,
  MonitorReport,
  Traffic,
} from './monitorReport';

/** Questions that change nothing. */
export interface Questions {
  registry: { ask: Record<string, never>; answer: Registry };
  /** The remote of the registry, as far as this clone knows; the network is not used. */
  sharing: { ask: Record<string, never>; answer: Sharing };
  /** A page of the stages that versions hold. */
  home: { ask: { offset?: number; limit?: number }; answer: Home };
  /**
   * The latest version of each model, or every version, filtered by a search expression. `params`
   * names the parameters whose values are part of the answer.
   */
  rows: {
    ask: {
      query?: string;
      sort?: string;
      offset?: number;
      limit?: number;
      every?: boolean;
      params?: readonly string[];
    };
    answer: Page;
  };
  version: { ask: { ref: string }; answer: Version };
  /** The content of an attachment of the version. */
  file: { ask: { ref: string; sha256: string }; answer: FileContent };
  history: { ask: { model: string; limit?: number }; answer: History };
  timeline: { ask: { model: string; limit?: number }; answer: Timeline };
  /** Each fact of a model with the state of its signature; this may take seconds. */
  audit: { ask: { model: string; limit?: number }; answer: Audit };
  /** The periods in which alerts of the model fired; reads the prediction log. */
  alertHistory: { ask: { model: string; limit?: number }; answer: AlertHistory };
  lineage: { ask: { ref: string; limit?: number }; answer: Lineage };
  diff: { ask: { before: string; after: string }; answer: Difference };
  /**
   * The models of a tree; `ordered` if the query has an order, and the models are in it. Without a
   * model, `hint` says what the query names though no version has it.
   */
  models: {
    ask: { query?: string };
    answer: { models: readonly ModelEntry[]; ordered: boolean; hint: string };
  };
  /** A page of a branch, newest first. */
  log: {
    ask: { model: string; branch?: string; limit?: number; before?: string };
    answer: { rows: readonly Row[]; hasMore: boolean };
  };
  /** The main metric of each model, over its latest versions. */
  sparklines: {
    ask: { models: readonly string[] };
    answer: { sparklines: Record<string, Sparkline> };
  };
  /**
   * `ref` may be a model, a stage or a version. `since` and `window` are durations such as `7d` and
   * `1h`; `since` and `until` may also be dates.
   */
  monitor: {
    ask: { ref: string; since?: string; until?: string; window?: string };
    answer: MonitorReport;
  };
  /**
   * `version` as in `MonitorReport`; `time` is the beginning of a window, or 0 for the last one.
   */
  distribution: {
    ask: { version: string; stage: string; column: string; window?: string; time?: number };
    answer: Distribution;
  };
  /** Changes when rows or labels of a model are added. */
  monitoringState: { ask: { model: string }; answer: { state: string } };
  /** By model: the stages whose predictions are logged. */
  health: {
    ask: { models: readonly string[] };
    answer: { health: Record<string, readonly Health[]> };
  };
  /** By model: the stages with logged rows in the last two weeks, or why a log is unreadable. */
  traffic: {
    ask: { models: readonly string[] };
    answer: { traffic: Record<string, readonly Traffic[]>; problems: Record<string, string> };
  };
  /** The stages in which an alert fires now. */
  firing: { ask: Record<string, never>; answer: Firing };
  /** What the deletion of a branch or a model would do. */
  deletion: { ask: { ref: string }; answer: Deletion };
  /** What can be restored. */
  trash: { ask: Record<string, never>; answer: { entries: readonly TrashEntry[] } };
  /** What a merge of a branch, or of a model's branches, can name. */
  merging: { ask: { ref: string }; answer: Merging };
  /** Changes whenever the registry changes. */
  state: { ask: Record<string, never>; answer: { state: string } };
}

/** Questions that change the registry; refused if it is read-only. */
export interface Actions {
  /** `new` confirms a stage that no version of the registry has had. */
  promote: {
    ask: { ref: string; stage: string; message: string; new?: boolean };
    answer: ActionResult;
  };
  /** `ref` is MODEL@STAGE. */
  rollback: { ask: { ref: string; message: string }; answer: ActionResult };
  /** `bump` is major, minor or patch; `version` overrides it. */
  release: {
    ask: { ref: string; bump?: string; version?: string; message?: string };
    answer: ActionResult;
  };
  /** A new text for the card of a branch's latest version. */
  card: { ask: { ref: string; text: string; message?: string }; answer: ActionResult };
  /** Sign that the user stands behind a version. */
  approve: { ask: { ref: string; message: string }; answer: ActionResult };
  /** Move a branch or a model to the trash. */
  delete: { ask: { ref: string; message?: string }; answer: ActionResult };
  /** Bring a branch or a model back; `branch` is another name for a branch. */
  restore: { ask: { ref: string; branch?: string }; answer: ActionResult };
  /** Send what a remote lacks; `prune` also deletes there what is in the trash here. */
  push: { ask: { remote?: string; prune?: boolean }; answer: ActionResult };
  /** `fetch` is stages or all: of these versions, arrays come at once. */
  pull: { ask: { remote?: string; fetch?: string }; answer: ActionResult };
}

/** Questions to the kernel of the notebook. */
export interface KernelActions {
  checkout: { ask: { ref: string; variable?: string; trust?: boolean }; answer: ActionResult };
  /** A version of the branch `into`, made of its latest version and that of the branch `ref`. */
  merge: {
    ask: { ref: string; into: string; how: string; message?: string; trust?: boolean };
    answer: ActionResult;
  };
}

export type Verbs = Questions & Actions & KernelActions;
export type Verb = keyof Verbs;

/** An error: what happened, and what to do next. */
export class RequestError extends Error {
  constructor(
    readonly what: string,
    readonly hint: string = '',
    readonly kind: string = '',
  ) {
    super(hint ? `${what} ${hint}` : what);
    this.name = 'RequestError';
  }
}

/** Answers questions. */
export interface Source {
  /** Rejects with a `RequestError`. */
  ask<V extends Verb>(verb: V, args: Verbs[V]['ask']): Promise<Verbs[V]['answer']>;
  /** Whether this source can answer a verb; the buttons of other verbs are hidden. */
  can(verb: Verb): boolean;
  /** Call `callback` when the registry changes; returns a function that ends this. */
  onChange(callback: () => void): () => void;
}
