/** The answer about the audit of a model: its facts, and what is wrong with them. */

import type { Pairs } from './answers';

export interface AuditFact {
  time: number;
  /** The kind with its label: `stage prod`. */
  what: string;
  /** Empty if it is about no version, or the version cannot be named. */
  ref: string;
  author: string;
  text: string;
  /** The state of its signature: `verified`, `unsigned`, ... */
  state: string;
  /** The same, with who signed it and the reason. */
  signature: string;
}

export interface AuditFinding {
  /** The name of a fact, or of what a fact is about. */
  where: string;
  /** In which respect it is wrong. */
  kind: string;
  problem: string;
}

export interface Audit {
  model: string;
  /** Newest first. */
  facts: readonly AuditFact[];
  /** Number of all facts, and of those in each state. */
  total: number;
  states: Pairs<number>;
  findings: readonly AuditFinding[];
  /** Number of all findings. */
  problems: number;
}
