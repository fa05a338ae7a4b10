/** The answer about the timeline of a model: its events, and which version held each stage. */

export interface TimelineEvent {
  kind:
    | 'commit'
    | 'release'
    | 'stage'
    | 'rollback'
    | 'removal'
    | 'note'
    | 'approval'
    | 'evaluation'
    | 'purge';
  time: number;
  /** Empty if the version cannot be named. */
  ref: string;
  /** The stage or the release; empty for other events. */
  label: string;
  author: string;
  text: string;
}

/** The time in which one version held a stage. */
export interface LiveSpan {
  stage: string;
  ref: string;
  begin: number;
  /** Null if it still holds the stage. */
  end: number | null;
  author: string;
  text: string;
}

export interface Timeline {
  model: string;
  /** Newest first. */
  events: readonly TimelineEvent[];
  /** Oldest first. */
  spans: readonly LiveSpan[];
  /** Whether older events were left out. */
  hasMore: boolean;
}
