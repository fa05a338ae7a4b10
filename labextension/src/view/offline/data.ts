/**
 * The data of a page, as `nbmodel dashboard --static` writes it.
 *
 * In `versions`, `histories`, `timelines` and `arrays`, any value may be `{"$": n}`, which stands
 * for `shared[n]`. Cards, cells, environments and profiles are similar in most versions of a model.
 * A shared value contains no such reference.
 */

import type {
  Difference,
  Home,
  ModelFacts,
  Registry,
  Row,
  StageMove,
  Version,
} from '../data/answers';
import type { Timeline } from '../data/timeline';
import type { Health } from '../data/monitorReport';
import type { Verbs } from '../data/source';
import type { Packed } from './packing';

export interface Embedded {
  format: 1;
  /** When the page was written, in seconds since the epoch. */
  exported: number;
  registry: Registry;
  /** All tiles. */
  home: Home;
  models: Readonly<Record<string, ModelFacts>>;
  /** By model, at the time when the page was written. */
  health: Record<string, readonly Health[]>;
  traffic: Verbs['traffic']['answer'];
  /** Why they could not be read; empty if they were. */
  monitoringProblem: string;
  /** Every readable version, newest first. */
  rows: readonly Row[];
  /** By commit id; `row` is in `rows`. */
  versions: Readonly<Record<string, Packed<Omit<Version, 'row'>>>>;
  /** By commit id, of versions that are recorded in another way than the page shows them. */
  searchValues: Readonly<Record<string, SearchValues>>;
  /** By model; the versions are in `rows`. */
  histories: Readonly<Record<string, Packed<EmbeddedHistory>>>;
  /** By model. */
  timelines: Readonly<Record<string, Packed<Timeline>>>;
  /** Changes of the fitted arrays; keys are `commit..commit`, older first. */
  arrays: Readonly<Record<string, Packed<Difference['arrays']>>>;
  shared: readonly unknown[];
  /** By model: the last report on its predictions. Models that are not monitored are left out. */
  reports: Readonly<Record<string, EmbeddedReport>>;
  /** The content of attachments in base64, by digest; large ones are left out. */
  files: Readonly<Record<string, string>>;
}

/**
 * What is recorded of a version, where the page shows something else, as a search compares it.
 *
 * Control characters are shown as escapes, and a text such as "1" is shown like the number.
 * Metrics, parameters and tags are named by their position; null: a search leaves it out.
 */
export interface SearchValues {
  texts?: Readonly<Partial<Record<TextField, string>>>;
  metrics?: Readonly<Record<string, SearchValue | null>>;
  params?: Readonly<Record<string, SearchValue | null>>;
  tags?: Readonly<Record<string, SearchValue | null>>;
  evaluation?: Readonly<Record<string, SearchValue | null>>;
}

export type TextField = 'author' | 'email' | 'message' | 'type' | 'flavor' | 'summary';

export interface SearchValue {
  name?: string;
  /** The value, which is a text. */
  text?: string;
}

export interface EmbeddedHistory {
  branches: readonly string[];
  /** Oldest first. */
  moves: readonly StageMove[];
  /** Whether older versions were left out of the page. */
  hasMore: boolean;
}

/** A report in a separate block, which is read when it is shown. */
export interface EmbeddedReport {
  /** When it was made, in seconds since the epoch. */
  made: number;
  /** Why there is no report; empty if there is one. */
  problem: string;
  /** Id of the script element with the report; empty without one. */
  block: string;
}
