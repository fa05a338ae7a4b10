/** Helpers for the rows of a page's data; rows are newest first. */

import { own } from '../data/own';
import type { ModelFacts, Page, Row } from '../data/answers';

/** The newest version of the default branch, else the newest. */
export function latestOf(rows: readonly Row[]): Row | undefined {
  return rows.find((row) => row.branch === 'main') ?? rows[0];
}

export function firstOfEachModel(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => !seen.has(row.model) && seen.add(row.model));
}

/** The facts of the models that `rows` belong to. */
export function factsOf(
  models: Readonly<Record<string, ModelFacts>>,
  rows: readonly Row[],
): Page['models'] {
  const names = [...new Set(rows.map((row) => row.model))];
  return Object.fromEntries(
    names.flatMap((name) => (own(models, name) ? [[name, models[name]!]] : [])),
  );
}
