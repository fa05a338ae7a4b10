import { beforeAll, describe, expect, test, vi } from 'vitest';

import { TABS } from '../../src/view/contents';
import type { Profile, Real, Version } from '../../src/view/data/answers';
import { auditOf, contextOf, FACT, HOSTILE, rowOf, versionOf, type Answers } from './examples';
import { evaluationOf } from './tabs/evaluations';

beforeAll(() => {
  // jsdom has no layout, so charts are never visible and never drawn.
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
    },
  );
});

async function drawn(name: string, version: Version, answers: Answers = {}): Promise<HTMLElement> {
  const tab = TABS.find((each) => each.name === name)!;
  const element = await tab.draw(contextOf(version, answers));
  document.body.replaceChildren(element);
  return element;
}

const texts = (root: Element, selector: string): string[] =>
  [...root.querySelectorAll(selector)].map((each) => each.textContent);

const hostileColumn = { name: HOSTILE, dtype: HOSTILE, shape: [-1] };
const hostile = versionOf(
  rowOf({ message: HOSTILE, summary: HOSTILE, author: HOSTILE, metrics: [[HOSTILE, 'NaN']] }),
  {
    message: HOSTILE,
    about: [[HOSTILE, HOSTILE]],
    params: [[HOSTILE, HOSTILE]],
    tags: [[HOSTILE, HOSTILE]],
    counts: [[HOSTILE, 3]],
    inputs: [hostileColumn],
    outputs: [hostileColumn],
    notes: [
      {
        author: HOSTILE,
        time: 1,
        text: HOSTILE,
        metrics: [[HOSTILE, 'Infinity']],
        files: [HOSTILE],
      },
    ],
    card: `---\n${HOSTILE}\n---\n# ${HOSTILE}\n\n${HOSTILE}\n\n<script>alert(1)</script>\n`,
    cells: `# %% [${HOSTILE}]\n${HOSTILE}\n`,
    environment: [[HOSTILE, HOSTILE]],
    profile: {
      rows: 9,
      fingerprint: HOSTILE,
      columns: [
        {
          name: HOSTILE,
          dtype: HOSTILE,
          kind: 'category',
          top: [[HOSTILE, 9]],
          min: HOSTILE,
          max: HOSTILE,
        },
      ],
    },
    files: [[HOSTILE, 1]],
    evaluations: [evaluationOf({ data: HOSTILE, headline: [HOSTILE], remarks: [HOSTILE] })],
    attachments: [
      {
        name: HOSTILE,
        title: HOSTILE,
        kind: 'other',
        size: 1,
        sha256: '0'.repeat(64),
        author: HOSTILE,
        time: 1,
      },
    ],
    uses: [HOSTILE],
    usedBy: [`${HOSTILE}@1`],
  },
);
const node = {
  ...hostile.row,
  ref: HOSTILE,
  model: HOSTILE,
  stages: [HOSTILE],
  releases: [HOSTILE],
};

describe('all tabs', () => {
  // The live tab has separate tests.
  const names = TABS.filter(({ live }) => !live).map(({ name }) => name);

  test('are in the documented order', () => {
    expect(TABS.map(({ title }) => title)).toEqual([
      'Card',
      'Metrics',
      'Evaluation',
      'Figures',
      'Monitor',
      'Timeline',
      'Audit',
      'Parameters',
      'Data',
      'Cells',
      'Environment',
      'Files',
      'Lineage',
    ]);
  });

  test.each(names)('%s shows hostile text as text', async (name) => {
    const element = await drawn(name, hostile, {
      history: { versions: [hostile.row, rowOf({ number: 2, metrics: [[HOSTILE, 1]] })] },
      lineage: { nodes: [node], edges: [], hasMore: true },
      audit: auditOf({
        facts: [{ ...FACT, what: HOSTILE, ref: HOSTILE, author: HOSTILE, text: HOSTILE }],
        findings: [{ where: HOSTILE, kind: 'signature', problem: HOSTILE }],
        problems: 1,
      }),
      timeline: {
        events: [
          { kind: 'stage', time: 1, ref: HOSTILE, label: HOSTILE, author: HOSTILE, text: HOSTILE },
        ],
        spans: [
          { stage: HOSTILE, ref: HOSTILE, begin: 1, end: null, author: HOSTILE, text: HOSTILE },
        ],
      },
    });
    expect(element.textContent).toContain('<img src=x onerror=');
    expect(element.querySelector('img, script, iframe, b[onclick]')).toBeNull();
    for (const each of element.querySelectorAll('*')) {
      expect(each.getAttributeNames().filter((attribute) => attribute.startsWith('on'))).toEqual(
        [],
      );
    }
  });

  test.each(names)('%s says what to do when it is empty', async (name) => {
    const empty = versionOf(rowOf());
    const element = await drawn(name, empty, { lineage: { nodes: [], edges: [], hasMore: false } });
    expect(element.textContent).not.toBe('');
  });
});

describe('parameters', () => {
  const params = Array.from({ length: 1000 }, (_, index) => [`p${index}`, String(index)] as const);

  test('have pages and a filter', async () => {
    const element = await drawn('params', versionOf(rowOf(), { params }));
    expect(element.querySelectorAll('tbody tr')).toHaveLength(200);
    const more = [...element.querySelectorAll('button')].find((b) =>
      b.textContent.includes('more'),
    )!;
    more.click();
    expect(element.querySelectorAll('tbody tr')).toHaveLength(400);
    const box = element.querySelector('input')!;
    box.value = 'P99';
    box.dispatchEvent(new Event('input'));
    expect(texts(element, 'tbody th')[0]).toBe('p99');
    expect(element.querySelectorAll('tbody tr')).toHaveLength(11);
    expect(element.querySelector('[role=status]')!.textContent).toBe('11 of 1000');
    expect(more.hidden).toBe(true);
  });

  test('have no filter if they are few', async () => {
    const element = await drawn('params', versionOf(rowOf(), { params: params.slice(0, 20) }));
    expect(element.querySelector('input')).toBeNull();
  });
});

describe('files', () => {
  test('have a total size', async () => {
    const files = [
      ['README.md', 900],
      ['payload/0000', 4_000_000],
    ] as const;
    const element = await drawn('files', versionOf(rowOf(), { files }));
    expect(element.querySelector('p')!.textContent).toBe('2 files, 4 MB');
    expect(texts(element, 'td.nbm-num')).toEqual(['900 B', '4 MB']);
  });
});

describe('data', () => {
  const column = (index: number): NonNullable<Profile['columns']>[number] => ({
    name: `c${index}`,
    dtype: 'float64',
    kind: 'number',
    missing: index,
    min: 0,
    max: 1,
    mean: 0.5,
    std: 0.1,
    histogram: { edges: [0, 0.5, 1], counts: [0, 7] },
  });

  test('draws sixty columns, then more', async () => {
    const columns = Array.from({ length: 1000 }, (_, index) => column(index));
    const element = await drawn('data', versionOf(rowOf(), { profile: { rows: 10, columns } }));
    expect(element.querySelectorAll('tbody tr')).toHaveLength(60);
    element.querySelector<HTMLButtonElement>('.nbm-more')!.click();
    expect(element.querySelectorAll('tbody tr')).toHaveLength(120);
    expect(element.querySelector('.nbm-more')!.textContent).toBe('Show 60 more of 1000 columns');
  });

  test('has text alternatives for its pictures', async () => {
    const profile = { rows: 1000, columns: [column(1)] };
    const element = await drawn('data', versionOf(rowOf(), { profile }));
    expect(element.querySelector('svg')!.getAttribute('aria-label')).toBe(
      'c1: 2 bins from 0 to 1, at most 7 rows in a bin',
    );
    expect(element.querySelector('.nbm-missing')!.textContent).toBe('0.1%');
    expect(texts(element, 'td').slice(3, 5)).toEqual(['0 … 1', '0.5 ± 0.1']);
  });

  test('draws columns without range, rows or histogram', async () => {
    const empty = {
      name: 'x',
      dtype: 'float64',
      kind: 'number',
      missing: 3,
      min: null,
      max: null,
      histogram: null,
    };
    const element = await drawn(
      'data',
      versionOf(rowOf(), { profile: { rows: 0, columns: [empty] } }),
    );
    expect(texts(element, 'td').slice(2)).toEqual(['', '', '', '']);
  });
});

describe('metrics', () => {
  const metrics = (auc: Real, loss: Real): Array<[string, Real]> => [
    ['auc', auc],
    ['loss', loss],
  ];
  const one = rowOf({ number: 1, metrics: metrics(0.9, 'NaN') });
  const two = rowOf({ number: 2, parents: [one.commit], metrics: metrics(0.95, 3) });

  test('have their change to the parent, and a link to the comparison', async () => {
    const context = contextOf(versionOf(two), { history: { versions: [one, two] } });
    const element = await TABS[1]!.draw(context);
    expect(texts(element, 'td.nbm-num')).toEqual(['0.95', '+0.05', '3', '+nan']);
    element.querySelector<HTMLButtonElement>('thead button')!.click();
    expect(context.compared).toEqual([['churn@1', 'churn@2']]);
    expect(element.querySelector('[role=img]')!.textContent).toBe(
      'auc: from 0.9 in churn@1 to 0.95 in churn@2; loss: from 3 in churn@2 to 3 in churn@2',
    );
  });

  test('have no change in a first version', async () => {
    const element = await drawn('metrics', versionOf(one), { history: { versions: [one] } });
    expect(texts(element, 'td.nbm-num')).toEqual(['0.9', '', 'NaN', '']);
    expect(element.querySelector('.nbm-chart')).toBeNull();
  });

  test('are drawn in part and listed completely if there are hundreds', async () => {
    const many = Array.from({ length: 100 }, (_, index) => [`m${index}`, index] as const);
    const rows = [rowOf({ number: 1, metrics: many }), rowOf({ number: 2, metrics: many })];
    const element = await drawn('metrics', versionOf(rows[1]!), { history: { versions: rows } });
    expect(element.querySelectorAll('tbody tr')).toHaveLength(100);
    expect(element.textContent).toContain('84 of 100 metrics are not drawn.');
  });
});

describe('lineage', () => {
  const rows = [3, 2, 1].map((number) => rowOf({ number, stages: number === 2 ? ['prod'] : [] }));
  const edges = [
    { from: rows[2]!.commit, to: rows[1]!.commit, kind: 'parent' as const },
    { from: rows[1]!.commit, to: rows[0]!.commit, kind: 'parent' as const },
  ];
  const lineage = { nodes: rows, edges, hasMore: false };

  test('moves by arrows and opens a version by Enter', async () => {
    const context = contextOf(versionOf(rows[1]!), { lineage });
    const element = await TABS.at(-1)!.draw(context);
    document.body.replaceChildren(element);
    const links = [...element.querySelectorAll<HTMLElement>('a')];
    expect(links.map(({ tabIndex }) => tabIndex)).toEqual([-1, 0, -1]);
    expect(links.map((link) => link.getAttribute('aria-current'))).toEqual([null, 'true', null]);
    links[1]!.focus();
    press('ArrowDown');
    expect(document.activeElement).toBe(links[2]);
    press('ArrowDown');
    press('Home');
    expect(document.activeElement).toBe(links[0]);
    press('Enter');
    expect(context.opened).toEqual(['churn@3']);
  });

  test('has a text alternative for its lines', async () => {
    const element = await drawn('lineage', versionOf(rows[1]!), { lineage });
    expect(texts(element, 'a .nbm-hidden')).toEqual(['From churn@2. ', 'From churn@1. ', '']);
    expect(element.querySelectorAll('path.nbm-edge')).toHaveLength(2);
    expect(element.querySelectorAll('circle.nbm-dot')).toHaveLength(3);
  });
});

function press(key: string): void {
  document.activeElement!.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }),
  );
}
