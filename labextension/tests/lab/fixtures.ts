/** Models and versions for tests. */

import type { ModelEntry, Row } from '../../src/view/data/answers';

export function row(model: string, number: number, more: Partial<Row> = {}): Row {
  return {
    ref: `${model}@${number}`,
    commit: `${model}${number}`.padEnd(40, '0'),
    model,
    branch: 'main',
    number,
    parents: [],
    time: number,
    author: 'Ada',
    message: '',
    type: 'Pipeline',
    flavor: 'sklearn',
    summary: '',
    size: 1,
    stages: [],
    releases: [],
    metrics: [],
    ...more,
  };
}

export function entry(name: string, latest = 1, branches = ['main']): ModelEntry {
  return { name, latest: row(name, latest), versions: latest, branches, releases: [], stages: [] };
}
