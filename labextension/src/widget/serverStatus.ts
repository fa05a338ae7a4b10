/** What the kernel reports about a server that it started, and how the values are written. */

import { count } from '../view/data/format';

export interface ServerInfo {
  address: string;
  /** Models, and the references that answered at the start. */
  versions: Readonly<Record<string, string>>;
  /** Models, and the references that they follow. */
  follows: Readonly<Record<string, string>>;
  pid: number;
  detached: boolean;
  /** Whether clients must send a token; the token itself never reaches a page. */
  hasToken: boolean;
  canStop: boolean;
}

/** Seconds, with `<` or `>` where the histogram knows only a bound. */
export type Quantile = readonly [seconds: number, bound: string];

export interface ModelStatus {
  name: string;
  version: string;
  /** Empty if the model has no canary. */
  canary: string;
  canaryShare: number;
  shadow: string;
  /** Per second, over the last ten seconds; null before the first count. */
  requestsPerSecond: number | null;
  rowsPerSecond: number | null;
  hasNewErrors: boolean;
  p50: Quantile | null;
  p99: Quantile | null;
  /** Since the start. */
  errors: number;
  /** Rows of the log; null without a log. */
  rowsWritten: number | null;
  rowsDropped: number | null;
  /** Requests per second, one value for each second, oldest first. */
  requestHistory: ReadonlyArray<number | null>;
}

export type ServerState = 'running' | 'silent' | 'stopping' | 'stopped';

export interface ServerStatus {
  state: ServerState;
  /** Seconds since the epoch. */
  time: number;
  models: readonly ModelStatus[];
}

/** The text in place of a missing value. */
export const NONE = '–';

/** A short number: `0.4`, `12.3`, `123`, `43.2k`. */
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

/** A duration: `3.2 ms`, `1.4 s`, `<1 ms`. */
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

/** The numbers of logged and of dropped rows. */
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
