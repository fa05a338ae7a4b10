/**
 * The questions that a front end may ask of a registry, and the types of the answers.
 *
 * Every front end draws the same answers. The panel in a notebook asks over a comm, and JupyterLab
 * over REST. The static page reads the answers from its data. `nbmodel/views/` makes them, and its
 * tests check each answer against these types. All text is hostile: it is set as text, never as
 * markup.
 */

/** A number, or the text for one that JSON cannot represent. */
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
  /** Number of all rows, or of those counted; see `totalIsLowerBound`. */
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
  /** Python in the percent format. */
  cells: string;
  environment: Pairs;
  profile: Profile | null;
  files: Pairs<number>;
  /** References of the versions it was made from; commit ids if they are not in this registry. */
  uses: readonly string[];
  usedBy: readonly string[];
  /** Whether this user committed it on this machine. */
  committedLocally: boolean;
}

export interface History {
  model: string;
  /** Versions of all branches, oldest first. */
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
  /** Changes of the fitted arrays; null if unknown. */
  arrays: ReadonlyArray<{ path: string; shape: string; change: string }> | null;
  /** Lines of a unified diff. */
  cells: readonly string[];
  /** Bytes of `after` that `before` has too. */
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
  /** The name that rules use: `volume`, `p99`, `accuracy`, `psi(age)`. */
  metric: string;
  version: string;
  /** Empty outside of a stage. */
  stage: string;
  /** Beginnings of windows in ascending order, in seconds since the epoch. */
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
  /** Metric of the series that decided the state. */
  metric: string;
  value: Real | null;
  /** Beginning of the first window in the present state; null if there is none. */
  since: number | null;
  /** The previous version in the stage; empty if there was none. */
  lastGoodVersion: string;
  /** The command that rolls the stage back; empty if no rollback is needed. */
  rollback: string;
}

/** The report on the logged predictions of a model. */
export interface MonitorReport {
  model: string;
  /** The reference in the question. */
  ref: string;
  /** Length of the windows, such as `1h`; if the question had none, it depends on the log. */
  window: string;
  /** Length of a window. */
  windowSeconds: number;
  /** End of the report, in seconds since the epoch. */
  until: number;
  loggedVersions: ReadonlyArray<{
    version: string;
    stage: string;
    rows: number;
    first: number;
    last: number;
  }>;
  /** Series of traffic, latency and quality. */
  timeSeries: readonly TimeSeries[];
  drift: readonly DriftSeries[];
  /** Drift measures in the order of display, each with its threshold. */
  driftMeasures: ReadonlyArray<{ name: string; threshold: number }>;
  anomalies: readonly Anomaly[];
  alerts: readonly AlertState[];
  /** Stage moves of the model during the report, oldest first. */
  moves: readonly StageMove[];
  /** When a version began, or began again, to answer for a stage, according to the log. */
  versionStarts: ReadonlyArray<{ version: string; stage: string; time: number }>;
  /** Labels without a prediction in the log; not counted if `since` or `until` is given. */
  unknownLabels: number;
  /** What could not be read or evaluated. */
  warnings: readonly string[];
  /** What to do next if no rows are logged, else empty. */
  hint: string;
  /** Changes when rows or labels are added; see the question `monitoringState`. */
  state: string;
}

/** One column in its training data and in one window: shares of the rows that have a value. */
export interface Distribution {
  column: string;
  version: string;
  stage: string;
  /** Beginning of the window. */
  time: number;
  kind: 'number' | 'category';
  /** Edges between the bins of a number; the outer two bins have no end. Empty for a category. */
  edges: readonly Real[];
  /** Names of the categories; the last one stands for the rest. Empty for a number. */
  categories: readonly string[];
  reference: readonly number[];
  current: readonly number[];
  /** Number of rows, and below it the share of rows without a value. */
  rows: { reference: number; current: number };
  missing: { reference: number; current: number };
}

/** The health of a stage. */
export interface Health {
  stage: string;
  version: string;
  state: 'good' | 'warning' | 'bad' | 'unknown';
  /** One line. */
  reason: string;
  /** The command that rolls the stage back; empty if no rollback is needed. */
  rollback: string;
}

export interface ActionResult {
  /** One line that says what was done. */
  text: string;
  ref: string;
}

/** Questions that change nothing. */
export interface Questions {
  registry: { ask: Record<string, never>; answer: Registry };
  /** The latest version of each model, or every version, filtered by a search expression. */
  rows: {
    ask: { query?: string; sort?: string; offset?: number; limit?: number; every?: boolean };
    answer: Page;
  };
  version: { ask: { ref: string }; answer: Version };
  history: { ask: { model: string; limit?: number }; answer: History };
  lineage: { ask: { ref: string; limit?: number }; answer: Lineage };
  diff: { ask: { before: string; after: string }; answer: Difference };
  /** The models of a tree. */
  models: { ask: { query?: string }; answer: { models: readonly ModelEntry[] } };
  /** A page of a branch, newest first. */
  log: {
    ask: { model: string; branch?: string; limit?: number; before?: string };
    answer: { rows: readonly Row[]; hasMore: boolean };
  };
  /** The most frequent metric of each model, over its latest versions. */
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
  /** Changes whenever the registry changes. */
  state: { ask: Record<string, never>; answer: { state: string } };
}

/** Questions that change the registry; refused if it is read-only. */
export interface Actions {
  promote: { ask: { ref: string; stage: string; message: string }; answer: ActionResult };
  /** `ref` is MODEL#STAGE. */
  rollback: { ask: { ref: string; message: string }; answer: ActionResult };
  /** `bump` is major, minor or patch; `version` overrides it. */
  release: {
    ask: { ref: string; bump?: string; version?: string; message?: string };
    answer: ActionResult;
  };
  /** A new text for the card of a branch's latest version. */
  card: { ask: { ref: string; text: string; message?: string }; answer: ActionResult };
}

/** Questions to the kernel of the notebook. */
export interface KernelActions {
  checkout: { ask: { ref: string; variable?: string; trust?: boolean }; answer: ActionResult };
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
