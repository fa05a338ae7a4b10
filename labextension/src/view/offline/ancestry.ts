/** The graph around a version, computed from the parents and uses of all embedded versions. */

import type { Lineage, Node, Row } from '../data/answers';

interface VersionNode {
  row: Row;
  /** Commit ids of the versions that it was made from. */
  uses: readonly string[];
}

/**
 * The versions connected with `start`, nearest first, at most `limit` of them.
 *
 * These are ancestors, descendants, the versions that it was made from, and those made from it.
 */
export function lineageAround(
  versions: ReadonlyMap<string, VersionNode>,
  start: string,
  limit: number,
): Lineage {
  const near = nearest(versions, start, limit);
  const here = [...near].map((commit) => versions.get(commit)).filter((each) => each !== undefined);
  const nodes = [...here].sort((a, b) => b.row.time - a.row.time || b.row.number - a.row.number);
  const edges = here.flatMap(({ row, uses }) => [
    ...row.parents.map((from) => ({ from, to: row.commit, kind: 'parent' as const })),
    ...uses.map((from) => ({ from, to: row.commit, kind: 'uses' as const })),
  ]);
  return {
    nodes: childrenFirst(
      nodes.map(({ row }) => nodeOf(row)),
      childrenOf(versions),
    ),
    edges: edges.filter((edge) => near.has(edge.from) && near.has(edge.to)),
    hasMore: near.size >= limit,
  };
}

/** Put children before their parents, even if a wrong clock made a child look older. */
function childrenFirst(byTime: readonly Node[], children: ReadonlyMap<string, string[]>): Node[] {
  const remaining = new Map(byTime.map((node) => [node.commit, node]));
  const sorted: Node[] = [];
  for (const first of byTime) {
    const stack = [first.commit];
    while (stack.length > 0) {
      const commit = stack.at(-1) as string;
      const node = remaining.get(commit);
      const before = node
        ? (children.get(commit) ?? []).filter((child) => remaining.has(child))
        : [];
      if (node && before.some((child) => !stack.includes(child))) {
        stack.push(...before.filter((child) => !stack.includes(child)));
        continue;
      }
      stack.pop();
      if (node) {
        remaining.delete(commit);
        sorted.push(node);
      }
    }
  }
  return sorted;
}

function nearest(
  versions: ReadonlyMap<string, VersionNode>,
  start: string,
  limit: number,
): Set<string> {
  const children = childrenOf(versions);
  const near = new Set([start]);
  for (const commit of near) {
    const own = versions.get(commit);
    const next = [
      ...(own?.row.parents ?? []),
      ...(own?.uses ?? []),
      ...(children.get(commit) ?? []),
    ];
    for (const each of next) {
      if (near.size >= limit) {
        return near;
      }
      if (versions.has(each)) {
        near.add(each);
      }
    }
  }
  return near;
}

const childrenCache = new WeakMap<ReadonlyMap<string, VersionNode>, Map<string, string[]>>();

/** Versions that have each commit as a parent or use it. */
function childrenOf(versions: ReadonlyMap<string, VersionNode>): Map<string, string[]> {
  let children = childrenCache.get(versions);
  if (!children) {
    children = new Map();
    for (const { row, uses } of versions.values()) {
      for (const from of [...row.parents, ...uses]) {
        const own = children.get(from);
        if (own) {
          own.push(row.commit);
        } else {
          children.set(from, [row.commit]);
        }
      }
    }
    childrenCache.set(versions, children);
  }
  return children;
}

function nodeOf(row: Row): Node {
  const { commit, ref, model, branch, number, time, message, stages, releases } = row;
  return { commit, ref, model, branch, number, time, message, stages, releases };
}
