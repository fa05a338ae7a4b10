/** Models and versions for tests. */

import type { ModelEntry, Row } from '../../src/view/data/answers';
import { rowOf } from '../view/examples';

export function row(model: string, number: number, more: Partial<Row> = {}): Row {
  return rowOf({
    ref: `${model}@${number}`,
    commit: `${model}${number}`.padEnd(40, '0'),
    model,
    number,
    time: number,
    author: 'Ada',
    message: '',
    summary: '',
    size: 1,
    ...more,
  });
}

export function entry(name: string, latest = 1, branches = ['main']): ModelEntry {
  return { name, latest: row(name, latest), versions: latest, branches, releases: [], stages: [] };
}
