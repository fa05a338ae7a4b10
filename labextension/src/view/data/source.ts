/**
 * The questions that a front end may ask of a registry, and the types of the answers.
 *
 * Every front end draws the same answers. The panel in a notebook asks over a comm, JupyterLab
 * over REST, and the page on disk reads them from its own data. `nbmodel/views/` makes them, and
 * its tests check each answer against these types. All text is hostile: it is set as text, never
 * as markup.
 */

/** A number, or what JSON has no number for. */
export type Real = number | 'NaN' | 'Infinity' | '-Infinity';

/** [name, value] pairs in the order of display. */
export type Pairs<T = string> = ReadonlyArray<readonly [string, T]>;

export interface Registry {
  name: string;
  path: string;
  /** Version of nbmodel that made the answer. */
  nbmodel: string;
  readOnly: boolean;
  models: number;
  versions: number;
  /** Versions that cannot be read, with the reason; at most 100. */
  unreadable: ReadonlyArray<{ ref: string; commit: string; reason: string }>;
  /** Metric names, most used first; at most 100. */
  metrics: readonly string[];
  stages: readonly string[];
  /** What to do next if there are no versions, else empty. */
  hint: string;
  state: string;
}

export interface Row {
  ref: string;
  commit: string;
  model: string;
  branch: string;
  number: number;
  /** Commit ids. */
  parents: readonly string[];
  /** Seconds since the epoch. */
  time: number;
  author: string;
  /** First line. */
  message: string;
  /** Class name without its module. */
  type: string;
  flavor: string;
  summary: string;
  size: number;
  stages: readonly string[];
  releases: readonly string[];
  metrics: Pairs<Real>;
}

export interface Page {
  rows: readonly Row[];
  offset: number;
  /** Rows in all; at most `cap`, see `atLeast`. */
  total: number;
  /** Whether counting stopped at `total`. */
  totalIsLowerBound: boolean;
}

export interface Column {
  name: string;
  dtype: string;
  shape: readonly number[];
}

export interface Change {
  name: string;
  before: string;
  after: string;
  note: string;
}

export interface StageMove {
  stage: string;
  commit: string;
  /** Empty if the version cannot be named. */
  ref: string;
  removed: boolean;
  time: number;
  author: string;
  message: string;
  rolledBack: boolean;
}

/** `profile.json` as nbmodel/provenance/data/profile.py writes it. */
export interface Profile {
  rows?: number;
  fingerprint?: string;
  columns?: ReadonlyArray<ProfileColumn>;
}

export interface ProfileColumn {
  name: string;
  dtype: string;
  kind: string;
  missing?: number;
  unique?: number;
  min?: number | string | null;
  max?: number | string | null;
  mean?: number | null;
  std?: number | null;
  histogram?: { edges: readonly number[]; counts: readonly number[] } | null;
  top?: ReadonlyArray<readonly [unknown, number]>;
  other?: number;
}

export interface Version {
  row: Row;
  email: string;
  /** The whole message. */
  message: string;
  /** Facts as text, in order: object, variable, size, code, notebook, ... */
  about: Pairs;
  params: Pairs;
  tags: Pairs;
  counts: Pairs<number>;
  inputs: readonly Column[];
  outputs: readonly Column[];
  notes: ReadonlyArray<{ author: string; time: number; text: string; metrics: Pairs<Real> }>;
  /** Markdown with front matter. */
  card: string;
  /** Percent format. */
  cells: string;
  environment: Pairs;
  profile: Profile | null;
  files: Pairs<number>;
  /** References of the versions it was made from; commit ids where they are not here. */
  uses: readonly string[];
  usedBy: readonly string[];
  /** Committed by this user on this machine. */
  committedLocally: boolean;
}

export interface History {
  model: string;
  /** Of all branches, oldest first. */
  versions: readonly Row[];
  branches: readonly string[];
  /** Oldest first. */
  moves: readonly StageMove[];
  /** Whether older versions were left out. */
  hasMore: boolean;
}

export interface Node {
  commit: string;
  ref: string;
  model: string;
  branch: string;
  number: number;
  time: number;
  message: string;
  stages: readonly string[];
  releases: readonly string[];
}

export interface Lineage {
  /** Newest first; children come before their parents. */
  nodes: readonly Node[];
  /** From the older to the newer. */
  edges: ReadonlyArray<{ from: string; to: string; kind: 'parent' | 'uses' }>;
  hasMore: boolean;
}

export interface Difference {
  before: string;
  after: string;
  sections: ReadonlyArray<{ title: string; changes: readonly Change[] }>;
  /** What changed among the fitted arrays; null if unknown. */
  arrays: ReadonlyArray<{ path: string; shape: string; change: string }> | null;
  /** Lines of a unified diff. */
  cells: readonly string[];
  /** Bytes of `after` that `before` holds too; bytes of `after`. */
  sharedBytes: number;
  storedBytes: number;
}

export interface ModelEntry {
  name: string;
  latest: Row;
  versions: number;
  branches: readonly string[];
  releases: readonly string[];
  /** [stage, commit]. */
  stages: Pairs;
}

export interface Sparkline {
  metric: string;
  /** Oldest first. */
  values: readonly Real[];
}

/** One metric of one version in one stage, window by window. */
export interface TimeSeries {
  /** As rules write it: `volume`, `p99`, `accuracy`, `psi(age)`. */
  metric: string;
  version: string;
  /** Empty outside a stage. */
  stage: string;
  /** Beginnings of windows, seconds since the epoch, rising. */
  times: readonly number[];
  values: readonly Real[];
}

/** Values of one drift measure for one column of one version, window by window. */
export interface DriftSeries {
  column: string;
  measure: string;
  version: string;
  stage: string;
  times: readonly number[];
  values: readonly Real[];
  /** Whether each value is over the threshold and statistically significant. */
  drifted: readonly boolean[];
}

export interface Anomaly {
  detector: string;
  metric: string;
  version: string;
  stage: string;
  /** Beginning of its window. */
  time: number;
  value: Real;
  reason: string;
}

export interface AlertState {
  id: string;
  rule: string;
  notify: readonly string[];
  state: 'ok' | 'pending' | 'firing' | 'no data';
  version: string;
  stage: string;
  /** Of the series that decided. */
  metric: string;
  value: Real | null;
  /** Beginning of the first window of the present run; null for none. */
  since: number | null;
  /** Empty if the stage was never held by another version. */
  lastGoodVersion: string;
  /** The line that goes back to it. */
  rollback: string;
}

/** The report on the logged predictions of a model. */
export interface MonitorReport {
  model: string;
  /** As the question had it. */
  ref: string;
  /** Length of the windows, such as `1h`; if the question had none, it fits the log. */
  window: string;
  /** Length of a window. */
  windowSeconds: number;
  /** End of the report, seconds since the epoch. */
  until: number;
  loggedVersions: ReadonlyArray<{
    version: string;
    stage: string;
    rows: number;
    first: number;
    last: number;
  }>;
  /** Traffic, latency, quality. */
  timeSeries: readonly TimeSeries[];
  drift: readonly DriftSeries[];
  /** Drift measures in the order of display, each with its threshold. */
  driftMeasures: ReadonlyArray<{ name: string; threshold: number }>;
  anomalies: readonly Anomaly[];
  alerts: readonly AlertState[];
  /** Stage moves of the model in this time, oldest first. */
  moves: readonly StageMove[];
  /** When a version started, or started again, to answer for a stage, according to the log. */
  versionStarts: ReadonlyArray<{ version: string; stage: string; time: number }>;
  /** Labels whose predictions are not in the log; not counted if `since` or `until` is given. */
  unknownLabels: number;
  /** What could not be read or evaluated. */
  warnings: readonly string[];
  /** What to do next if no rows are logged, else empty. */
  hint: string;
  /** Changes when rows or labels are added; see the question `monitoringState`. */
  state: string;
}

/** One column in its training data and in one window: shares of rows that have a value. */
export interface Distribution {
  column: string;
  version: string;
  stage: string;
  /** Beginning of the window. */
  time: number;
  kind: 'number' | 'category';
  /** Of a number, between its bins; the outer two bins have no end. Empty for a category. */
  edges: readonly Real[];
  /** Of a category; the last one stands for the rest. Empty for a number. */
  categories: readonly string[];
  reference: readonly number[];
  current: readonly number[];
  /** Rows, and shares of them without a value. */
  rows: { reference: number; current: number };
  missing: { reference: number; current: number };
}

/** The health of a stage. */
export interface Health {
  stage: string;
  version: string;
  state: 'good' | 'warning' | 'bad' | 'unknown';
  /** In a line. */
  reason: string;
  /** The line that rolls the stage back; empty if there is no need. */
  rollback: string;
}

export interface ActionResult {
  /** What was done, in a line. */
  text: string;
  ref: string;
}

/** Questions that change nothing. */
export interface Questions {
  registry: { ask: Record<string, never>; answer: Registry };
  /** Latest of each model, or every version; filtered by a search expression. */
  rows: {
    ask: { query?: string; sort?: string; offset?: number; limit?: number; every?: boolean };
    answer: Page;
  };
  version: { ask: { ref: string }; answer: Version };
  history: { ask: { model: string; limit?: number }; answer: History };
  lineage: { ask: { ref: string; limit?: number }; answer: Lineage };
  diff: { ask: { before: string; after: string }; answer: Difference };
  /** Models for a tree. */
  models: { ask: { query?: string }; answer: { models: readonly ModelEntry[] } };
  /** A page of a branch, newest first. */
  log: {
    ask: { model: string; branch?: string; limit?: number; before?: string };
    answer: { rows: readonly Row[]; hasMore: boolean };
  };
  /** The most used metric of each model's latest versions. */
  sparklines: {
    ask: { models: readonly string[] };
    answer: { sparklines: Record<string, Sparkline> };
  };
  /**
   * `ref` may be a model, a stage or a version; `since` and `window` as `7d`, `1h`; `since`
   * and `until` also as a date.
   */
  monitor: {
    ask: { ref: string; since?: string; until?: string; window?: string };
    answer: MonitorReport;
  };
  /** `version` as in `Monitoring`; `time` is the beginning of a window, the last one if 0. */
  distribution: {
    ask: { version: string; stage: string; column: string; window?: string; time?: number };
    answer: Distribution;
  };
  /** Changes when rows or labels of a model are added. */
  monitoringState: { ask: { model: string }; answer: { state: string } };
  /** By model: its stages, as far as predictions of them are logged. */
  health: {
    ask: { models: readonly string[] };
    answer: { health: Record<string, readonly Health[]> };
  };
  /** Changes whenever anything in the registry does. */
  state: { ask: Record<string, never>; answer: { state: string } };
}

/** Questions that change the registry; refused where it is read-only. */
export interface Actions {
  promote: { ask: { ref: string; stage: string; message: string }; answer: ActionResult };
  /** `ref` is MODEL#STAGE. */
  rollback: { ask: { ref: string; message: string }; answer: ActionResult };
  /** `bump` is major, minor or patch; `version` overrides it. */
  release: {
    ask: { ref: string; bump?: string; version?: string; message?: string };
    answer: ActionResult;
  };
  /** New text for the card of a branch's latest version. */
  card: { ask: { ref: string; text: string; message?: string }; answer: ActionResult };
}

/** Questions to the kernel of the notebook. */
export interface KernelActions {
  checkout: { ask: { ref: string; variable?: string; trust?: boolean }; answer: ActionResult };
}

export type Verbs = Questions & Actions & KernelActions;
export type Verb = keyof Verbs;

/** What went wrong, and what to do next. */
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

/** Where the answers come from. */
export interface Source {
  /** Rejects with a `RequestError`. */
  ask<V extends Verb>(verb: V, args: Verbs[V]['ask']): Promise<Verbs[V]['answer']>;
  /** The verbs that this source can answer at all; buttons of others are not shown. */
  can(verb: Verb): boolean;
  /** Calls back when the registry changed; returns a function that ends it. */
  onChange(callback: () => void): () => void;
}
