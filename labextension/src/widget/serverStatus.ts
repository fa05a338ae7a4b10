/** What the kernel tells of a server that it started, and how it is written. */

import { count } from '../view/data/format';

export interface ServerInfo {
  address: string;
  /** Models and the references that answered at the start. */
  versions: Readonly<Record<string, string>>;
  /** Models and what they were told to follow. */
  follows: Readonly<Record<string, string>>;
  pid: number;
  detached: boolean;
  /** Whether clients must send one; it is never told to a page. */
  hasToken: boolean;
  canStop: boolean;
}

/** Seconds, and `<` or `>` where the histogram knows only a bound. */
export type Quantile = readonly [seconds: number, bound: string];

export interface ModelStatus {
  name: string;
  version: string;
  /** Empty if there is none. */
  canary: string;
  canaryShare: number;
  shadow: string;
  /** A second, in the last ten; null where nothing was counted yet. */
  requestsPerSecond: number | null;
  rowsPerSecond: number | null;
  hasNewErrors: boolean;
  p50: Quantile | null;
  p99: Quantile | null;
  /** Since the start. */
  errors: number;
  /** Rows of the log; null if none is kept. */
  rowsWritten: number | null;
  rowsDropped: number | null;
  /** Requests a second, oldest first, a value each second. */
  requestHistory: ReadonlyArray<number | null>;
}

export type ServerState = 'running' | 'silent' | 'stopping' | 'stopped';

export interface ServerStatus {
  state: ServerState;
  /** Seconds since the epoch. */
  time: number;
  models: readonly ModelStatus[];
}

/** What stands where there is nothing to say. */
export const NONE = '–';

/** Short: `0.4`, `12.3`, `123`, `43.2k`. */
export function rate(value: number | null): string {
  if (value === null) {
    return NONE;
  }
  if (value > 0 && value < 0.05) {
    return '<0.1';
  }
  if (value < 99.95) {
    return value === 0 ? '0' : value.toFixed(1);
  }
  return value < 9999.5 ? value.toFixed(0) : `${(value / 1000).toFixed(1)}k`;
}

/** `3.2 ms`, `1.4 s`, `<1 ms`. */
export function latency(value: Quantile | null): string {
  if (!value) {
    return NONE;
  }
  const [seconds, bound] = value;
  const thousandths = seconds * 1000;
  const digits = bound || thousandths >= 99.5 ? 0 : 1;
  const text = seconds < 1 ? `${thousandths.toFixed(digits)} ms` : `${seconds.toFixed(1)} s`;
  return bound + text;
}

/** Rows that were logged, and those that were not. */
export function logged({ rowsWritten, rowsDropped }: ModelStatus): string {
  if (rowsWritten === null) {
    return 'off';
  }
  return rowsDropped ? `${count(rowsWritten)} (${count(rowsDropped)} lost)` : count(rowsWritten);
}

/** A time of day. */
export function clock(time: number): string {
  return new Date(time * 1000).toLocaleTimeString('en-GB');
}
