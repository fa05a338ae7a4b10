/** The graph of versions: branches, merges, and the models that were made from each other. */

import { chips } from '../ui/chips';
import { h, notice, svg, type Child } from '../ui/dom';
import { layoutGraph, type GraphLayout, type Link, type NodePosition } from '../charts/graphLayout';
import { dateTime } from '../data/numbers';
import { seriesColor } from '../charts/theme';
import type { Tab, TabContext } from '../ui/tab';
import { trans } from '../translation';

const ROW = 30;
const LANE = 18;
const MARGIN = 16;
const RADIUS = 5;

export const lineageTab: Tab = {
  name: 'lineage',
  get title() {
    return trans.__('Lineage');
  },
  async draw(context) {
    const { row } = context.version;
    const lineage = await context.source.ask('lineage', { ref: row.ref });
    if (!lineage.nodes.length) {
      return notice('empty', trans.__('The origin of this version is unknown.'));
    }
    const plan = layoutGraph(lineage, row.model);
    return h(
      'div',
      { class: 'nbm-lineage' },
      h(
        'div',
        { class: 'nbm-scroll' },
        h('div', { class: 'nbm-graph' }, drawing(plan, row.commit), rows(plan, context)),
      ),
      lineage.hasMore &&
        h('p', { class: 'nbm-faint' }, trans.__('Versions further away are not drawn.')),
      plan.edges.some((edge) => edge.kind === 'uses') && legend(),
    );
  },
};

const graphWidth = (plan: GraphLayout): number => 2 * MARGIN + Math.max(0, plan.lanes - 1) * LANE;

/** The lines and dots; the rows beside them state the same as text. */
function drawing(plan: GraphLayout, open: string): SVGElement {
  const [width, height] = [graphWidth(plan), plan.nodes.length * ROW];
  return svg(
    'svg',
    { class: 'nbm-lanes', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': true },
    plan.edges.map((edge) =>
      svg('path', { d: path(edge), class: `nbm-edge ${kindOf(edge)}`, style: tint(edge.lane) }),
    ),
    plan.nodes.map((place) => dot(place, place.node.commit === open)),
  );
}

const kindOf = ({ kind, from, to }: Link): string =>
  kind === 'parent' && from.foreign && to.foreign ? 'nbm-edge-foreign' : `nbm-edge-${kind}`;

const tint = (lane: number): Record<string, string> => ({
  '--nbm-tint': seriesColor(lane),
});

function dot(place: NodePosition, open: boolean): Child {
  const [x, y] = [laneX(place.x), rowY(place.y)];
  const kind = place.foreign ? 'nbm-dot nbm-dot-foreign' : 'nbm-dot';
  const shape = { class: kind, style: tint(place.x) };
  const mark = place.foreign
    ? svg('rect', { x: x - 4, y: y - 4, width: 8, height: 8, rx: 1.5, ...shape })
    : svg('circle', { cx: x, cy: y, r: RADIUS, ...shape });
  return [open && svg('circle', { cx: x, cy: y, r: RADIUS + 4, class: 'nbm-dot-open' }), mark];
}

const laneX = (lane: number): number => MARGIN + lane * LANE;
const rowY = (row: number): number => row * ROW + ROW / 2;

/** A line that leaves its lane only in the row next to the end in another lane. */
function path({ from, to, lane, bowed }: Link): string {
  const [start, end] = from.y < to.y ? [from, to] : [to, from];
  const [x1, y1, x2, y2] = [laneX(start.x), rowY(start.y), laneX(end.x), rowY(end.y)];
  if (bowed) {
    const aside = x1 - LANE * 0.7;
    return `M${x1} ${y1}C${aside} ${y1 + ROW} ${aside} ${y2 - ROW} ${x2} ${y2}`;
  }
  const middle = laneX(lane);
  const [turn, back] = [middle === x1 ? y1 : y1 + ROW, middle === x2 ? y2 : y2 - ROW];
  return `M${x1} ${y1}${curve(x1, y1, middle, turn)}V${back}${curve(middle, back, x2, y2)}`;
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const half = (y1 + y2) / 2;
  return x1 === x2 ? '' : `C${x1} ${half} ${x2} ${half} ${x2} ${y2}`;
}

/** A row for each version; the arrow keys move, and Enter opens. */
function rows(plan: GraphLayout, context: TabContext): HTMLElement {
  const { commit, model } = context.version.row;
  const list = h('ol', {
    class: 'nbm-graph-rows',
    'aria-label': trans.__('Lineage of %1, newest first', model),
    style: { '--nbm-graph': `${graphWidth(plan)}px` },
    onkeydown: (event: KeyboardEvent) => move(list, event),
  });
  const here = plan.nodes.find((place) => place.node.commit === commit) ?? plan.nodes[0];
  list.append(
    ...plan.nodes.map((place) => h('li', null, entry(place, plan, context, place === here))),
  );
  return list;
}

function entry(
  place: NodePosition,
  plan: GraphLayout,
  context: TabContext,
  current: boolean,
): HTMLElement {
  const { node, foreign } = place;
  const open = node.commit === context.version.row.commit;
  const show = (event: Event): void => {
    event.preventDefault();
    context.open(node.ref);
  };
  return h(
    'a',
    {
      class: `nbm-graph-row${foreign ? ' nbm-foreign' : ''}`,
      role: 'link',
      tabindex: current ? 0 : -1,
      'aria-current': open ? 'true' : null,
      title: node.message,
      onclick: show,
      onkeydown: (event: KeyboardEvent) => event.key === 'Enter' && show(event),
    },
    h('b', { class: 'nbm-graph-ref' }, node.ref),
    chips(node),
    h('span', { class: 'nbm-graph-message' }, node.message),
    h('span', { class: 'nbm-hidden' }, origins(place, plan)),
    h('time', { class: 'nbm-faint' }, dateTime(node.time)),
  );
}

/** The lines to a version as text. */
function origins(place: NodePosition, plan: GraphLayout): string {
  const refs = (kind: 'parent' | 'uses'): string =>
    plan.edges
      .filter((edge) => edge.to === place && edge.kind === kind)
      .map((edge) => edge.from.node.ref)
      .join(', ');
  const [parents, uses] = [refs('parent'), refs('uses')];
  const from = parents && `${trans.__('From %1.', parents)} `;
  return from + (uses && `${trans.__('Uses %1.', uses)} `);
}

const STEPS: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => Math.min(index + 1, count - 1),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_, count) => count - 1,
};

function move(list: HTMLElement, event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const links = [...list.querySelectorAll<HTMLElement>('a')];
  const index = links.findIndex(
    (link) => link === document.activeElement || link.matches(':focus'),
  );
  if (!step || index === -1) {
    return;
  }
  event.preventDefault();
  const next = links[step(index, links.length)]!;
  links.forEach((link) => (link.tabIndex = link === next ? 0 : -1));
  next.focus();
}

function legend(): HTMLElement {
  return h(
    'p',
    { class: 'nbm-faint nbm-legend' },
    h('span', { class: 'nbm-legend-solid' }),
    trans.__('made from'),
    h('span', { class: 'nbm-legend-dashed' }),
    trans.__('uses a version of another model'),
  );
}
