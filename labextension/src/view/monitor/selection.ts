/** What a reader chose, kept as long as the panel is: for a return, and for another version. */

import type { MonitorReport, Source, Verbs } from '../data/source';
import { parseDuration } from './timeFormat';

export type MonitorQuery = Verbs['monitor']['ask'];

/** A cell of the heat map. */
export interface CellPosition {
  column: string;
  time: number;
}

export interface Selection {
  query: MonitorQuery;
  /** Empty for the one that says most. */
  metric: string;
  /** Detectors of anomalies that are not to be seen. */
  hidden: readonly string[];
  averages: readonly string[];
  /** Windows that averages go over. */
  span: number;
  /** Of drift; empty for the first. */
  measure: string;
  /** Version and stage of the heat map; empty for the one with most rows. */
  subject: string;
  allColumns: boolean;
  openCell: CellPosition | null;
}

export interface Memory {
  selection: Selection;
  /** To be shown until the next one comes. */
  answer: MonitorReport | null;
}

const memories = new WeakMap<Source, Map<string, Memory>>();

/** What is remembered of a model. */
export function memoryOf(source: Source, model: string): Memory {
  const models = memories.get(source) ?? new Map<string, Memory>();
  memories.set(source, models);
  const memory = models.get(model) ?? { selection: newSelection({ ref: model }), answer: null };
  models.set(model, memory);
  return memory;
}

/** Begin as somebody asked for it. */
export function remember(source: Source, asked: MonitorQuery): void {
  const memory = memoryOf(source, modelOf(asked.ref));
  memory.selection = newSelection(asked);
  memory.answer = null;
}

/** The model that a reference begins with. */
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
  };
}

/** Windows that fit a span: at least four of them. */
export function fittingWindow(span: string, window: string, windows: readonly string[]): string {
  const [whole, own] = [parseDuration(span), parseDuration(window)];
  if (whole === null || own === null || own * 4 <= whole) {
    return window;
  }
  const smaller = windows.filter((each) => (parseDuration(each) ?? 0) * 4 <= whole);
  return smaller.at(-1) ?? windows[0] ?? window;
}
