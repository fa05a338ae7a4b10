/**
 * The layout of a lineage graph: a row for each version, newest on top, a lane for each branch.
 *
 * A lane holds one branch at a time, and another branch may use it after that one has ended.
 * Versions of other models have lanes to the right of the model's.
 */

import type { Lineage, Node } from '../data/answers';

export interface NodePosition {
  node: Node;
  /** Lane, from the left. */
  x: number;
  /** Row, from the top. */
  y: number;
  /** Whether it belongs to another model than the one that the graph is about. */
  foreign: boolean;
}

export interface Link {
  from: NodePosition;
  to: NodePosition;
  kind: 'parent' | 'uses';
  /** The lane of the line between the two rows. */
  lane: number;
  /** Whether both ends are in the line's lane, so that it must bow around the versions between. */
  bowed: boolean;
}

export interface GraphLayout {
  nodes: readonly NodePosition[];
  edges: readonly Link[];
  lanes: number;
}

/** Rows in which a branch occupies its lane, including lines to other lanes. */
interface Span {
  top: number;
  bottom: number;
}

/** Lay out a lineage; `model` is the model that it is about. */
export function layoutGraph(lineage: Lineage, model: string): GraphLayout {
  const rows = new Map(lineage.nodes.map((node, y) => [node.commit, { node, y }]));
  const edges = lineage.edges.filter(
    ({ from, to }) => from !== to && rows.has(from) && rows.has(to),
  );
  const spans = spansOf(rows, edges);
  const own = [...spans.keys()].filter((line) => modelOf(line) === model);
  const others = [...spans.keys()].filter((line) => modelOf(line) !== model);
  const lanes = new Map<string, number>();
  const width = assign(mainFirst(own), spans, lanes, 0);
  const total = assign(others, spans, lanes, width);
  const places = new Map(
    [...rows].map(([commit, { node, y }]) => [
      commit,
      { node, x: lanes.get(lineOf(node))!, y, foreign: node.model !== model },
    ]),
  );
  const merging = mergesOf(edges, places);
  const links = edges.map(({ from, to, kind }, index) =>
    link(places.get(from)!, places.get(to)!, kind, merging[index]!, places),
  );
  return { nodes: [...places.values()], edges: links, lanes: total };
}

type Rows = ReadonlyMap<string, { node: Node; y: number }>;
type Edges = Lineage['edges'];

// Neither the name of a branch nor that of a model can contain NUL, because git refuses it.
const lineOf = (node: Node): string => `${node.model}\0${node.branch}`;
const modelOf = (line: string): string => line.slice(0, line.indexOf('\0'));

function spansOf(rows: Rows, edges: Edges): Map<string, Span> {
  const spans = new Map<string, Span>();
  const reach = (line: string, y: number): void => {
    const span = spans.get(line);
    spans.set(line, {
      top: Math.min(span?.top ?? y, y),
      bottom: Math.max(span?.bottom ?? y, y),
    });
  };
  for (const { node, y } of rows.values()) {
    reach(lineOf(node), y);
  }
  for (const { from, to } of edges) {
    const [older, newer] = [rows.get(from)!, rows.get(to)!];
    if (lineOf(older.node) !== lineOf(newer.node)) {
      // The line runs in one of the two lanes. This is decided later, so both are reserved.
      reach(lineOf(older.node), newer.y);
      reach(lineOf(newer.node), older.y);
    }
  }
  return spans;
}

/** `main` is leftmost; the other branches follow in the order of their newest versions. */
function mainFirst(lines: readonly string[]): string[] {
  const isMain = (line: string): boolean => line.endsWith('\0main');
  return [...lines.filter(isMain), ...lines.filter((line) => !isMain(line))];
}

/** Assign each branch the first free lane from `start` on; returns the number of the next lane. */
function assign(
  lines: readonly string[],
  spans: ReadonlyMap<string, Span>,
  lanes: Map<string, number>,
  start: number,
): number {
  const spansByLane: Span[][] = [];
  for (const line of lines) {
    const span = spans.get(line)!;
    const free = spansByLane.findIndex((lane) => lane.every((other) => apart(other, span)));
    const lane = free === -1 ? spansByLane.push([]) - 1 : free;
    spansByLane[lane]!.push(span);
    lanes.set(line, start + lane);
  }
  return start + spansByLane.length;
}

const apart = (one: Span, two: Span): boolean => one.bottom < two.top || two.bottom < one.top;

type Places = ReadonlyMap<string, NodePosition>;

/** Whether each edge merges a branch: the child also has a parent on its branch. */
function mergesOf(edges: Edges, places: Places): boolean[] {
  const within = new Set<string>();
  const line = (commit: string): string => lineOf(places.get(commit)!.node);
  for (const { from, to, kind } of edges) {
    if (kind === 'parent' && line(from) === line(to)) {
      within.add(to);
    }
  }
  return edges.map(({ from, to }) => line(from) !== line(to) && within.has(to));
}

function link(
  from: NodePosition,
  to: NodePosition,
  kind: 'parent' | 'uses',
  merge: boolean,
  places: Places,
): Link {
  if (from.x === to.x) {
    const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
    const between = [...places.values()].some(({ x, y }) => x === from.x && top < y && y < bottom);
    return { from, to, kind, lane: from.x, bowed: between || kind === 'uses' };
  }
  const lane = kind === 'uses' ? Math.max(from.x, to.x) : merge ? from.x : to.x;
  return { from, to, kind, lane, bowed: false };
}
