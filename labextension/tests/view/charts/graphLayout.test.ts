import { describe, expect, test } from 'vitest';

import { layoutGraph } from '../../../src/view/charts/graphLayout';
import type { Lineage, Node } from '../../../src/view/data/answers';

/** The same numbers for the same seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** Versions of several models and branches that fork, merge and use each other. */
function lineageOf(seed: number): Lineage {
  const pick = random(seed);
  const nodes: Node[] = [];
  const edges: Array<{ from: string; to: string; kind: 'parent' | 'uses' }> = [];
  const tips = new Map<string, Node>();
  for (let index = 0; index < 3 + pick(60); index += 1) {
    const model = ['churn', 'churn', 'churn', 'features', 'prices'][pick(5)]!;
    const branch = ['main', 'main', 'exp', 'a', 'b', 'c'][pick(6)]!;
    const commit = String(index).padStart(40, '0');
    const ref = `${model}:${branch}@${index}`;
    const node = {
      commit,
      ref,
      model,
      branch,
      number: index,
      time: index,
      message: '',
      stages: [],
      releases: [],
    };
    const own = nodes.filter((other) => other.model === model);
    const parents = new Set<Node>();
    const tip = tips.get(`${model}:${branch}`);
    if (tip) {
      parents.add(tip);
    }
    if (own.length && (!tip || pick(4) === 0)) {
      parents.add(own[pick(own.length)]!);
    }
    parents.forEach((parent) => edges.push({ from: parent.commit, to: commit, kind: 'parent' }));
    if (nodes.length && pick(5) === 0) {
      edges.push({ from: nodes[pick(nodes.length)]!.commit, to: commit, kind: 'uses' });
    }
    tips.set(`${model}:${branch}`, node);
    nodes.push(node);
  }
  return { nodes: nodes.reverse(), edges, hasMore: false };
}

describe('the layout of a lineage', () => {
  const many = Array.from({ length: 300 }, (_, seed) => lineageOf(seed + 1));

  test('each version has a row, and no two share a position', () => {
    for (const lineage of many) {
      const { nodes, lanes } = layoutGraph(lineage, 'churn');
      expect(nodes.map(({ y }) => y)).toEqual(lineage.nodes.map((_, index) => index));
      expect(nodes.every(({ x }) => x >= 0 && x < lanes)).toBe(true);
      expect(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size).toBe(nodes.length);
    }
  });

  test('every line joins its two versions, in a lane of one of them', () => {
    for (const lineage of many) {
      const { nodes, edges } = layoutGraph(lineage, 'churn');
      const kept = lineage.edges.filter(({ from, to }) => from !== to);
      expect(edges.map(({ from, to }) => [from.node.commit, to.node.commit])).toEqual(
        kept.map(({ from, to }) => [from, to]),
      );
      for (const edge of edges) {
        expect(nodes).toContain(edge.from);
        expect(nodes).toContain(edge.to);
        expect([edge.from.x, edge.to.x]).toContain(edge.lane);
      }
    }
  });

  test('no line runs through a version of another branch', () => {
    for (const lineage of many) {
      const { nodes, edges } = layoutGraph(lineage, 'churn');
      for (const { from, to, lane } of edges.filter((edge) => !edge.bowed)) {
        const within = nodes.filter(({ x, y }) => x === lane && y > to.y && y < from.y);
        const lines = new Set([from, to].map(({ node }) => `${node.model}:${node.branch}`));
        expect(within.every(({ node }) => lines.has(`${node.model}:${node.branch}`))).toBe(true);
      }
    }
  });

  test('other models are to the right of the open one', () => {
    for (const lineage of many) {
      const { nodes } = layoutGraph(lineage, 'churn');
      const own = nodes.filter(({ foreign }) => !foreign).map(({ x }) => x);
      const others = nodes.filter(({ foreign }) => foreign).map(({ x }) => x);
      expect(Math.max(-1, ...own)).toBeLessThan(Math.min(Infinity, ...others));
    }
  });

  test('lines to omitted versions are omitted', () => {
    const lineage = lineageOf(7);
    const edges = [
      ...lineage.edges,
      { from: 'gone', to: lineage.nodes[0]!.commit, kind: 'parent' as const },
    ];
    expect(layoutGraph({ ...lineage, edges }, 'churn').edges).toHaveLength(lineage.edges.length);
    expect(layoutGraph({ nodes: [], edges, hasMore: true }, 'churn')).toEqual({
      nodes: [],
      edges: [],
      lanes: 0,
    });
  });

  test('a lane is used again after its branch has ended', () => {
    const node = (branch: string, number: number): Node => ({
      commit: `${branch}${number}`,
      ref: '',
      model: 'churn',
      branch,
      number,
      time: number,
      message: '',
      stages: [],
      releases: [],
    });
    const nodes = [
      node('main', 6),
      node('late', 5),
      node('main', 4),
      node('main', 3),
      node('early', 2),
      node('main', 1),
    ];
    const edges = (
      [
        ['main4', 'late5'],
        ['main1', 'early2'],
        ['main1', 'main3'],
        ['main3', 'main4'],
        ['main4', 'main6'],
      ] as const
    ).map(([from, to]) => ({ from, to, kind: 'parent' as const }));
    expect(layoutGraph({ nodes, edges, hasMore: false }, 'churn').lanes).toBe(2);
  });
});
