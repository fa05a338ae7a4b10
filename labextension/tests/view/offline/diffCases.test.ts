import { expect, it } from 'vitest';

import { cases } from '../../../../tests/data/diff_cases.json';
import { difference } from '../../../src/view/offline/diff';
import { rowOf, versionOf } from '../examples';
import type { Column, Pairs, Real, Version } from '../../../src/view/data/answers';

type Side = Partial<{
  type: string;
  summary: string;
  metrics: unknown[][];
  params: unknown[][];
  tags: Pairs;
  counts: unknown[][];
  environment: Pairs;
  inputs: unknown[][];
  outputs: unknown[][];
  profile: unknown;
  cells: string;
}>;

/** As Python writes a value; `{"float": "1.0"}` and `{"int": "1"}` are numbers. */
function written(value: unknown): string {
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  return value === null ? 'None' : (spelled(value) ?? `${value as string | number}`);
}

function spelled(value: unknown): string | null {
  const texts =
    typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
  return texts.float ?? texts.int ?? null;
}

/** A value after JSON, which does not distinguish 1 and 1.0. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value).map(([name, each]) => [name, plain(each)] as const);
  const text = spelled(value);
  return text === null ? Object.fromEntries(entries) : Number(text);
}

function columns(of: unknown[][] = []): Column[] {
  return of.map(([name, dtype, shape]) => ({ name, dtype, shape }) as Column);
}

function version(number: number, side: Side): Version {
  const { type = 'sklearn.pipeline.Pipeline', summary = 'Pipeline()', cells = '' } = side;
  const metrics = plain(side.metrics ?? []) as Pairs<Real>;
  return versionOf(rowOf({ number, summary, metrics, type: type.split('.').at(-1) ?? '' }), {
    about: [['object', `${type}: ${summary}`]],
    params: (side.params ?? []).map(([name, value]) => [String(name), written(value)]),
    tags: side.tags ?? [],
    counts: (side.counts ?? []) as unknown as Pairs<number>,
    inputs: columns(side.inputs),
    outputs: columns(side.outputs),
    environment: side.environment ?? [],
    profile: plain(side.profile ?? null) ?? null,
    cells,
  });
}

/** The cases that Python's tests read too. */
it.each(cases)('$name', ({ before, after, sections, cells }) => {
  const sides = { 1: before as Side, 2: after as Side };
  const isText = ({ row }: Version, position: number): boolean =>
    typeof sides[row.number as 1 | 2].params?.[position]?.[1] === 'string';
  const found = difference(version(1, sides[1]), version(2, sides[2]), isText);
  const changes = found.sections.map(({ title, changes: own }) => [
    title,
    own.map((each) => [each.name, each.before, each.after, each.note]),
  ]);
  expect(Object.fromEntries(changes)).toEqual(sections);
  expect(found.cells).toEqual(cells);
});
