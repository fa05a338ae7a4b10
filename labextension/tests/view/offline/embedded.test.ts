import { describe, expect, it } from 'vitest';

import { EmbeddedSource } from '../../../src/view/offline/embedded';
import { block, commitOf, embedded, HOSTILE, row, version } from '../fixtures';
import type { Row, Version } from '../../../src/view/data/answers';
import { RequestError } from '../../../src/view/data/source';

const OTHER = { author: 'Tomás', type: 'XGBClassifier', message: 'fix leakage' };
const ROWS: Row[] = [
  row('churn', 3, { branch: 'exp', parents: [commitOf('churn', 2)], time: 1_760_000_000 }),
  row('price', 2, {
    ...OTHER,
    metrics: [
      ['rmse', 12.5],
      ['auc', 'NaN'],
    ],
  }),
  row('churn', 2, { stages: ['prod'], releases: ['v0.2.0'] }),
  row('churn', 1, { releases: ['v0.1.0'] }),
  row('price', 1, OTHER),
  row('constructor', 1, { message: HOSTILE }),
];
const source = new EmbeddedSource(embedded(ROWS), block);

async function refs(
  query: string,
  more: { sort?: string; every?: boolean } = {},
): Promise<string[]> {
  const page = await source.ask('rows', { query, every: true, ...more });
  return page.rows.map((each) => each.ref);
}

describe('rows', () => {
  it('are the latest of each model, or every version', async () => {
    expect(await refs('', { every: false })).toEqual(['price@2', 'churn@2', 'constructor@1']);
    expect(await refs('')).toHaveLength(6);
  });

  it.each([
    ['leak', ['price@2', 'price@1']],
    ['tomás LEAK', ['price@2', 'price@1']],
    ['eakage', []],
    ['"fix leakage"', ['price@2', 'price@1']],
    ['XGB', ['price@2', 'price@1']],
    ['prod', ['churn@2']],
    ['metrics.auc > 0.81', ['churn:exp@3', 'churn@2']],
    ['auc <= 0.81 and name = churn', ['churn@1']],
    ['stage = prod', ['churn@2']],
    ['stage != prod and name = churn', ['churn:exp@3', 'churn@1']],
    ['name = "churn" branch = main', ['churn@2', 'churn@1']],
    ['not name = churn', ['price@2', 'price@1', 'constructor@1']],
    ['release = v0.1.0 or rmse > 1', ['price@2', 'churn@1']],
    ['(name = price or name = churn) and number >= 3', ['churn:exp@3']],
    ['name in (price, constructor)', ['price@2', 'price@1', 'constructor@1']],
    ['params.depth = 3', ['churn:exp@3']],
    ['team = growth and type ~ xgb', ['price@2', 'price@1']],
    ['size > 2kB', ['churn:exp@3']],
    ['date >= 2025-10-01', ['churn:exp@3']],
    ['date < 2025-10-01T00:00 and number = 1 and name = churn', ['churn@1']],
    ['"<img"', ['constructor@1']],
  ])('%s', async (query, expected) => {
    expect((await refs(query)).sort()).toEqual([...expected].sort());
  });

  it.each([
    'name =',
    '(',
    '"open',
    'stage < prod',
    'size > much',
    'date > soon',
    'and',
    ')',
    'not '.repeat(40),
  ])('refuses %s in words', async (query) => {
    await expect(refs(query)).rejects.toMatchObject({ kind: 'InvalidQuery' });
  });

  it('are sorted by a metric; versions without it come last', async () => {
    expect(await refs('', { sort: '-metrics.auc' })).toEqual([
      'churn:exp@3',
      'churn@2',
      'churn@1',
      'price@1',
      'constructor@1',
      'price@2',
    ]);
    expect((await refs('', { sort: 'rmse' }))[0]).toBe('price@2');
    await expect(refs('', { sort: '-colour' })).rejects.toThrow(
      "Cannot sort by 'colour': there is",
    );
    expect((await refs('', { sort: 'name' }))[0]).toMatch(/^churn/);
    expect((await refs('', { sort: '-size' }))[0]).toBe('churn:exp@3');
  });

  it('are found by a commit id', async () => {
    const commit = commitOf('churn', 2);
    expect(await refs(commit)).toEqual(['churn@2']);
    expect(await refs(`churn@${commit.slice(0, 8)}`)).toEqual(
      await refs(`name = churn ${commit.slice(0, 8)}`),
    );
  });

  it('come in pages', async () => {
    const page = await source.ask('rows', { every: true, offset: 4, limit: 50 });
    expect([page.rows.length, page.offset, page.total, page.totalIsLowerBound]).toEqual([
      2,
      4,
      6,
      false,
    ]);
  });
});

describe('versions', () => {
  it.each([
    ['churn', 'churn@2'],
    ['churn@latest~1', 'churn@1'],
    ['churn@1', 'churn@1'],
    ['churn#prod', 'churn@2'],
    ['churn@prod', 'churn@2'],
    ['churn@v0.1.0', 'churn@1'],
    ['churn:exp', 'churn:exp@3'],
    ['churn:exp@latest~1', 'churn@2'],
    [commitOf('price', 1), 'price@1'],
    [`price@${commitOf('price', 1).slice(0, 30)}`, 'price@1'],
    ['constructor', 'constructor@1'],
  ])('%s is %s', async (ref, expected) => {
    expect((await source.ask('version', { ref })).row.ref).toBe(expected);
  });

  it.each(['nothing', 'churn@9', 'churn#dev', 'toString', '__proto__', '<b>'])(
    '%s is not there',
    async (ref) => {
      await expect(source.ask('version', { ref })).rejects.toBeInstanceOf(RequestError);
    },
  );

  it('contain their shared values', async () => {
    const one = row('a', 1);
    const { row: _, ...rest } = version(one);
    const data = embedded([one], {
      versions: { [one.commit]: { ...rest, card: { $: 0 }, environment: { $: 1 } } },
      shared: ['# card', [['python', '3.11']]],
    });
    const answer = await new EmbeddedSource(data, block).ask('version', { ref: 'a@1' });
    expect(answer.card).toBe('# card');
    expect(answer.environment).toEqual([['python', '3.11']]);
  });
});

describe('the other questions', () => {
  it('the history is sorted by time', async () => {
    const history = await source.ask('history', { model: 'churn' });
    expect(history.versions.map((each) => each.ref)).toEqual(['churn@1', 'churn@2', 'churn:exp@3']);
    expect(await source.ask('history', { model: 'constructor' })).toMatchObject({ moves: [] });
  });

  it('the lineage joins parents and uses, children first for any commit time', async () => {
    const rows = [row('b', 1, { time: 1 }), row('a', 2, { time: 2 }), row('a', 1, { time: 3 })];
    const data = embedded(rows);
    const uses = { ...(data.versions[rows[0]!.commit] as Omit<Version, 'row'>), uses: ['a@2'] };
    const versions = { ...data.versions, [rows[0]!.commit]: uses };
    const own = new EmbeddedSource({ ...data, versions }, block);
    const lineage = await own.ask('lineage', { ref: 'a@1' });
    expect(lineage.nodes.map((node) => node.ref)).toEqual(['b@1', 'a@2', 'a@1']);
    expect(lineage.edges.map((edge) => edge.kind).sort()).toEqual(['parent', 'uses']);
    expect((await own.ask('lineage', { ref: 'a@1', limit: 2 })).hasMore).toBe(true);
  });

  it('the diff lists the changes', async () => {
    const difference = await source.ask('diff', { before: 'churn@1', after: 'churn@2' });
    const changes = difference.sections.flatMap((section) =>
      section.changes.map((change) => change.name),
    );
    expect(changes).toContain('depth');
    expect(difference.arrays).toBeNull();
  });

  it('a page of a branch', async () => {
    const log = await source.ask('log', { model: 'churn', branch: 'main', limit: 1 });
    expect([log.rows[0]?.ref, log.hasMore]).toEqual(['churn@2', true]);
  });

  it('nothing can be changed', async () => {
    expect(source.can('promote')).toBe(false);
    expect(source.can('checkout')).toBe(false);
    expect(source.can('sparklines')).toBe(false);
    expect(source.can('rows')).toBe(true);
    await expect(
      source.ask('promote', { ref: 'churn@1', stage: 'prod', message: '' }),
    ).rejects.toMatchObject({
      kind: 'ReadOnlyRegistry',
    });
  });
});

describe('the last report of a model', () => {
  const entry = { made: 1_760_000_000, problem: '', block: 'b-7' };
  const data = embedded(ROWS, {
    reports: {
      churn: entry,
      price: { ...entry, block: '', problem: 'The log of price cannot be read.' },
    },
  });
  const asked: string[] = [];
  const own = new EmbeddedSource(data, async (id) => {
    asked.push(id);
    return {
      report: { model: 'churn', until: entry.made },
      alerts: { model: 'churn', periods: [{ rule: 'f1 < 1' }], hasMore: false },
    };
  });

  it('is read from its block when it is asked for', async () => {
    expect(asked).toEqual([]);
    expect(await own.ask('monitor', { ref: 'churn@prod' })).toMatchObject({ model: 'churn' });
    expect(asked).toEqual(['b-7']);
    const alerts = await own.ask('alertHistory', { model: 'churn' });
    expect(alerts.periods).toHaveLength(1);
  });

  it('that could not be made is an error of that model', async () => {
    await expect(own.ask('monitor', { ref: 'price' })).rejects.toMatchObject({
      what: 'The log of price cannot be read.',
    });
  });

  it('is empty for a model that is not monitored, whatever its name', async () => {
    const report = await own.ask('monitor', { ref: 'constructor' });
    expect(report).toMatchObject({ model: 'constructor', loggedVersions: [] });
    expect(report.hint).toContain('not monitored');
    const alerts = await own.ask('alertHistory', { model: 'constructor' });
    expect(alerts.periods).toEqual([]);
  });
});
