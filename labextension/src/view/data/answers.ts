/**
 * The answers about a registry and its versions, and the types that all answers share.
 *
 * `nbmodel/views/` makes the answers, and its tests check each of them against these types. All text
 * is hostile: it is set as text, never as markup.
 */

import type { Evaluation } from './evaluation';

/** A number, or the text for one that JSON cannot represent. */
export type Real = number | 'NaN' | 'Infinity' | '-Infinity';

/** [name, value] pairs in the order of display. */
export type Pairs<T = string> = ReadonlyArray<readonly [string, T]>;

export type Direction = 'higher' | 'lower';

export interface Registry {
  name: string;
  /** Names this registry among others; it does not reveal where the registry is. */
  id: string;
  /** Version of nbmodel that made the answer. */
  nbmodel: string;
  readOnly: boolean;
  models: number;
  versions: number;
  /** Versions that cannot be read, with the reason; at most 100. */
  unreadable: ReadonlyArray<{ ref: string; commit: string; reason: string }>;
  /** Metric names, most used first; at most 100. */
  metrics: readonly string[];
  /** Names of parameters, the oldest first; at most 100. */
  params: readonly string[];
  /** Which values of a metric are better; a metric of which that is unknown is left out. */
  metricDirections: Record<string, Direction>;
  stages: readonly string[];
  /** What to do next if there are no versions, else empty. */
  hint: string;
  state: string;
}

export interface Sharing {
  /** Names of all remotes. */
  remotes: readonly string[];
  /** The one that a push goes to; empty if there is none, or if the user must choose. */
  remote: string;
  /** Versions that only this clone has, as of the last push or pull. */
  ahead: number;
  /** Versions that only the remote has. */
  behind: number;
  /** [ahead, behind] of each model that differs. */
  models: Record<string, readonly [number, number]>;
  /** Number of branches and models in the trash. */
  trash: number;
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
  /** Whether its arrays were removed for good. */
  purged: boolean;
  metrics: Pairs<Real>;
  /** The metrics of its newest evaluation. */
  evaluation: Pairs<Real>;
}

export interface Page {
  rows: readonly Row[];
  offset: number;
  /** Number of all rows, or of those counted; see `totalIsLowerBound`. */
  total: number;
  /** Whether counting stopped at `total`. */
  totalIsLowerBound: boolean;
  /** The first field by which the rows are sorted: `-metrics.auc`, in the form of the question. */
  sort: string;
  /** What the search names though no version has it, in sentences; empty if there are rows. */
  hint: string;
  /** Facts about the models of the rows, by name. */
  models: Record<string, ModelFacts>;
  /** By commit id: the parameters that the question names. */
  params: Record<string, Pairs>;
}

export interface ModelFacts {
  /** The metric by which the model is judged; empty if it has none. */
  mainMetric: string;
  /** Stages that a version holds, by name. */
  stages: readonly HeldStage[];
}

export interface HeldStage {
  stage: string;
  ref: string;
  commit: string;
  /** The main metric of that version; null if the version lacks it. */
  value: Real | null;
}

/** A metric of a version, and its change against an earlier version. */
export interface MetricChange {
  name: string;
  value: Real;
  /** Null if there is no earlier version, or if it lacks the metric. */
  before: Real | null;
  /** Empty if the direction of the metric is unknown. */
  verdict: 'better' | 'worse' | 'same' | '';
}

/** A stage that a version holds. */
export interface Tile {
  stage: string;
  row: Row;
  /** When the version got the stage. */
  since: number;
  /** Who gave it the stage, and why. */
  author: string;
  message: string;
  rolledBack: boolean;
  /** The version that held the stage before; empty if there was none. */
  before: string;
  metric: MetricChange | null;
  /** Values of the metric along the first parents of the version, its own at the end. */
  history: readonly Real[];
}

export interface Home {
  tiles: readonly Tile[];
  offset: number;
  total: number;
  /** The newest models without a stage; only on the first page. */
  unstaged: {
    models: ReadonlyArray<{ row: Row; metric: MetricChange | null }>;
    total: number;
  };
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

export interface VersionNote {
  author: string;
  time: number;
  text: string;
  metrics: Pairs<Real>;
  /** Names of the files that the note attached. */
  files: readonly string[];
}

/** Whether a key that the user allows signed a commit, a tag or an approval. */
export interface Verification {
  state: 'verified' | 'unsigned' | 'bad' | 'not allowed' | 'unchecked';
  /** The person whom the user's list names for the key; empty if it is not verified. */
  signer: string;
  /** Fingerprint of the key, or empty. */
  key: string;
  /** The reason if it is not verified. */
  why: string;
}

export interface VersionApproval {
  /** Digest of what was signed. */
  id: string;
  author: string;
  time: number;
  text: string;
  /** The state of its signature in words, with the reason. */
  state: string;
  verification: Verification;
}

/** A figure or a file that belongs to a version. */
export interface Attachment {
  name: string;
  /** The name without the suffix of a figure. */
  title: string;
  kind: 'plotly' | 'image' | 'html' | 'other';
  /** Bytes. */
  size: number;
  /** Digest of the content. */
  sha256: string;
  /** Who attached it after the commit; empty if the commit did. */
  author: string;
  time: number;
}

export interface FileContent {
  /** In base64. */
  data: string;
}

export interface Version {
  row: Row;
  email: string;
  /** The whole message. */
  message: string;
  /** Facts as text, in order: object, variable, size, code, notebook, ... */
  about: Pairs;
  params: Pairs;
  /** Names of the parameters that have the default value of their class. */
  defaults: readonly string[];
  tags: Pairs;
  counts: Pairs<number>;
  inputs: readonly Column[];
  outputs: readonly Column[];
  /** Without approvals and evaluations. */
  notes: readonly VersionNote[];
  /** Newest first, at most 20. */
  evaluations: readonly Evaluation[];
  /** Oldest first. */
  approvals: readonly VersionApproval[];
  verification: Verification;
  /** Figures and files: those of the commit, then those of notes, oldest first. */
  attachments: readonly Attachment[];
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
  /** [stage, commit, number of the version]. */
  stages: ReadonlyArray<readonly [string, string, number]>;
}

export interface Sparkline {
  metric: string;
  /** Oldest first. */
  values: readonly Real[];
}

/** What a merge can name. */
export interface Merging {
  /** At most 1,000 branches of the model. */
  branches: readonly string[];
  /** Names of the methods of merging that need no rows. */
  methods: readonly string[];
}

/** What a deletion would do. */
export interface Deletion {
  ref: string;
  /** Whether it is a whole model, not one branch. */
  isModel: boolean;
  /** Number of versions in the branches to delete. */
  versions: number;
  /** At most 20 of the branches to delete. */
  branches: readonly string[];
  branchCount: number;
  /** At most 20 of the stages and releases that only these versions have. */
  labels: readonly string[];
  labelCount: number;
  /** Branches of the model that stay. */
  others: readonly string[];
  /** Until when it can be restored, in seconds since the epoch. */
  end: number;
}

/** A branch or a model in the trash. */
export interface TrashEntry {
  ref: string;
  isModel: boolean;
  /** When it was deleted, by whom and why. */
  time: number;
  author: string;
  message: string;
  /** When it may be removed for good, in seconds since the epoch. */
  end: number;
  /** Why it cannot be restored; empty if it can. */
  problem: string;
}

export interface ActionResult {
  /** What was done, in lines. */
  text: string;
  /** Empty if the action is not about one version. */
  ref: string;
}
