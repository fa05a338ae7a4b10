/** The user's choices in the monitor, stored as long as the panel, also for other versions. */

import type { MonitorReport } from '../data/monitorReport';
import type { Source, Verbs } from '../data/source';
import { parseDuration } from './timeFormat';

export type MonitorQuery = Verbs['monitor']['ask'];

/** A cell of the heat map. */
export interface CellPosition {
  column: string;
  time: number;
  /** Key of the version and stage. */
  subject: string;
}

export interface Selection {
  query: MonitorQuery;
  /** Empty for the default metric. */
  metric: string;
  /** Detectors whose anomalies are hidden. */
  hidden: readonly string[];
  averages: readonly string[];
  /** Number of windows in an average. */
  span: number;
  /** Drift measure; empty for the first. */
  measure: string;
  /** Version and stage of the heat map; empty for the version that answered in each window. */
  subject: string;
  allColumns: boolean;
  openCell: CellPosition | null;
  /** The time that both charts show, in seconds; null for the whole report. */
  range: readonly [number, number] | null;
}

export interface Memory {
  selection: Selection;
  /** The last report, shown until the next one arrives. */
  answer: MonitorReport | null;
}

const memories = new WeakMap<Source, Map<string, Memory>>();

/** The choices and the last report for a model. */
export function memoryOf(source: Source, model: string): Memory {
  const models = memories.get(source) ?? new Map<string, Memory>();
  memories.set(source, models);
  const memory = models.get(model) ?? { selection: newSelection({ ref: model }), answer: null };
  models.set(model, memory);
  return memory;
}

/** Start a new selection with a question. */
export function startSelection(source: Source, query: MonitorQuery): void {
  const memory = memoryOf(source, modelOf(query.ref));
  memory.selection = newSelection(query);
  memory.answer = null;
}

/** The model at the beginning of a reference. */
export function modelOf(ref: string): string {
  return /^[^:@#~]*/.exec(ref)![0];
}

function newSelection(query: MonitorQuery): Selection {
  return {
    query,
    metric: '',
    hidden: [],
    averages: [],
    span: 7,
    measure: '',
    subject: '',
    allColumns: false,
    openCell: null,
    range: null,
  };
}

/** The window, or a smaller one if fewer than four windows would fit in the span. */
export function fittingWindow(span: string, window: string, windows: readonly string[]): string {
  const [whole, own] = [parseDuration(span), parseDuration(window)];
  if (whole === null || own === null || own * 4 <= whole) {
    return window;
  }
  const smaller = windows.filter((each) => (parseDuration(each) ?? 0) * 4 <= whole);
  return smaller.at(-1) ?? windows[0] ?? window;
}
