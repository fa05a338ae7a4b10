import { describe, expect, it } from 'vitest';

import cases from '../../../../tests/data/search_cases.json';
import { EmbeddedSource } from '../../../src/view/offline/embedded';
import { block, commitOf, embedded, row, version } from '../fixtures';
import type { Pairs, Real, Row } from '../../../src/view/data/answers';
import type { SearchValues } from '../../../src/view/offline/data';

type Scalar = string | number | boolean | null | { int: string } | { float: string };

/** As Python writes a value; `{"int": "1"}` and `{"float": "inf"}` are numbers. */
function written(value: Scalar): string {
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (typeof value === 'object' && value !== null) {
    return 'int' in value ? value.int : value.float;
  }
  return value === null ? 'None' : String(value);
}

/** The parameters that are texts, by position, as Python's page names those that do not look so. */
function textsOf(params: object): SearchValues {
  const texts = Object.values(params).flatMap((value: Scalar, position) =>
    typeof value === 'string' ? [[position, { text: value }] as const] : [],
  );
  return { params: Object.fromEntries(texts) };
}

function pairs(values: object): Pairs {
  return Object.entries(values).map(([name, value]) => [name, written(value as string)]);
}

interface Shared {
  ordered: boolean;
  versions: Array<(typeof cases.registries)[number]['versions'][number]>;
  cases: Record<string, Array<[string, string[] | string | { hint: string }]>>;
}

function sourceOf({ versions }: Shared): EmbeddedSource {
  const made = versions.map((each) => {
    const { model, branch, number, time, flavor, summary, size, stages, releases } = each;
    const [author = '', email = ''] = each.author;
    const shown: Partial<Row> = {
      ...{ branch, time, author, flavor, summary, size, stages, releases },
      message: each.message.split('\n')[0] ?? '',
      type: each.type.split('.').at(-1) ?? '',
      metrics: Object.entries(each.metrics) as Pairs<Real>,
    };
    return version(row(model, number, shown), {
      email,
      message: each.message,
      about: [['object', `${each.type}: ${summary}`]],
      params: pairs(each.params),
      tags: pairs(each.tags),
    });
  });
  made.sort((a, b) => b.row.time - a.row.time);
  return new EmbeddedSource(
    embedded(
      made.map((each) => each.row),
      {
        versions: Object.fromEntries(
          made.map(({ row: of, ...details }) => [of.commit, details] as const),
        ),
        searchValues: Object.fromEntries(
          versions.map(({ model, number, branch, params }) => [
            commitOf(model, number, branch),
            textsOf(params),
          ]),
        ),
      },
    ),
    block,
  );
}

const SOURCES = (cases.registries as unknown as Shared[]).map((shared) => ({
  shared,
  source: sourceOf(shared),
}));

/** The cases that Python's tests read too. */
describe.each(
  SOURCES.flatMap(({ shared, source }) =>
    Object.entries(shared.cases).map(([name, queries]) => ({ name, queries, shared, source })),
  ),
)('a search by $name', ({ queries, shared, source }) => {
  it.each(queries)('%s', async (query, expected) => {
    const page = source.ask('rows', { query, every: true });
    if (typeof expected === 'string') {
      const [, position, why] = /^error at (\d+): (.*)$/su.exec(expected)!;
      await expect(page).rejects.toMatchObject({
        kind: 'InvalidQuery',
        what: expect.stringMatching(/^Cannot search for /) as unknown,
      });
      await expect(page).rejects.toThrow(`: ${why} (at character ${position}). Write words`);
    } else if ('hint' in expected) {
      expect(await page).toMatchObject({ rows: [], ...expected });
    } else {
      const refs = (await page).rows.map((each) => each.ref);
      const inOrder = (list: string[]) => (shared.ordered ? list : [...list].sort());
      expect(inOrder(refs)).toEqual(inOrder(expected));
    }
  });
});

const source = SOURCES[0]!.source;

/** As Python's `repr` writes a text. */
it.each([
  ['(', `'('`],
  [`it's (`, `"it's ("`],
  [`"it's" (`, `'"it\\'s" ('`],
  ['a\tb\\c\u00a0\u{e0001} (', String.raw`'a\tb\\c\xa0\U000e0001 ('`],
  [`${'x'.repeat(250)} (`, `'${'x'.repeat(199)}…'`],
])('the error names the search: %s', async (query, expected) => {
  const page = source.ask('rows', { query });
  await expect(page).rejects.toThrow(`Cannot search for ${expected}: expected a word`);
});
