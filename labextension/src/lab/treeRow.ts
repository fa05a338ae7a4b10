/** The content of a line of the tree, and its elements. */

import { purgedChip, releaseChip, stageChip } from '../view/ui/chips';
import { h, icon, type Child } from '../view/ui/dom';
import { count } from '../view/data/format';
import { dateTime, number } from '../view/data/numbers';
import type { ModelEntry } from '../view/data/answers';
import type { Health } from '../view/data/monitorReport';
import { sparkline } from '../view/charts/sparkline';
import { stagesOf, type Browser } from './browser';
import { healthDot, healthLabel } from './healthDot';
import { layOut, type RowLayout, type RowWidths } from './rowLayout';
import type { Ruler } from './ruler';
import type { Item } from './tree';
import { trans } from './translation';

export interface TreeHandlers {
  /** Another line got the focus. */
  chosen(item: Item): void;
  /** Enter or a double click on a version. */
  opened(item: Item): void;
  /** A click on the health dot of a stage. */
  monitored(model: string, stage: string): void;
  /** These models are visible. */
  sighted(models: readonly string[]): void;
  health(model: string): readonly Health[];
  marked(): readonly string[];
  metric(): string;
}

export interface Facts {
  open?: boolean;
  ref?: string;
  title?: string;
  name?: string;
  message?: string;
  /** The number of the version whose metric the line shows, such as `@4`. */
  number?: string;
  stages?: readonly StageFact[];
  health?: readonly Health[];
  releases?: readonly string[];
  purged?: boolean;
  metric?: string;
  /** Whether the version has metrics; their columns stay empty while they are loading. */
  hasMetrics?: boolean;
  value?: string;
  spark?: readonly string[];
  marked?: boolean;
}

/** A stage, and the number of its version if the line is about another version. */
interface StageFact {
  readonly stage: string;
  readonly number: string;
}

/** Everything that a line shows. The line is drawn again only if these facts change. */
export function factsOf(item: Item, browser: Browser, handlers: TreeHandlers): Facts {
  if (item.kind === 'model') {
    const { entry } = item;
    const spark = browser.sparklines.get(entry.name);
    const metric = handlers.metric() || spark?.metric;
    const value = entry.latest.metrics.find(([name]) => name === metric)?.[1];
    return {
      open: item.open,
      ref: entry.latest.ref,
      title: trans._n(
        '%2: %3 version',
        '%2: %3 versions',
        entry.versions,
        entry.name,
        count(entry.versions),
      ),
      name: entry.name,
      number: `@${entry.latest.number}`,
      stages: worstFirst(entry, handlers.health(entry.name)),
      health: handlers.health(entry.name),
      metric: metric ? trans.__('%1 of %2', metric, entry.latest.ref) : '',
      hasMetrics: entry.latest.metrics.length > 0,
      value: value === undefined ? '' : number(value),
      spark: spark && spark.metric === metric ? spark.values.map(String) : [],
    };
  }
  if (item.kind === 'branch') {
    const latest = browser.tree.logs.get(item.key)?.rows[0];
    return { open: item.open, name: item.branch, ref: latest?.ref, title: item.branch };
  }
  if (item.kind === 'more') {
    return { name: item.waiting ? trans.__('Loading …') : trans.__('Show older versions') };
  }
  const { row, entry } = item;
  return {
    ref: row.ref,
    title: `${row.ref} · ${dateTime(row.time)} · ${row.author}\n${row.message}`,
    name: `@${row.number}`,
    message: row.message || row.summary,
    stages: stagesOf(entry, row).map((stage) => ({ stage, number: '' })),
    health: handlers.health(entry.name).filter(({ version }) => version === row.ref),
    releases: [...row.releases],
    purged: row.purged,
    marked: handlers.marked().includes(row.ref),
  };
}

/** The layout of a line in a panel of this width. */
export function layoutOf(item: Item, facts: Facts, ruler: Ruler, room: number): RowLayout {
  const { name = '', number: version, message, stages = [], releases = [], hasMetrics } = facts;
  const names = ruler.width(name, 'name') + (version ? ruler.width(version, 'name') + GAP_PX : 0);
  const chip = (text: string, kind: 'stage' | 'release', isWatched = false): number =>
    Math.min(ruler.width(text, kind) + (isWatched ? WATCHED_PX : CHIP_PX), MAX_CHIP_PX);
  const watched = new Set(facts.health?.map(({ stage }) => stage));
  const widths: RowWidths = {
    frame: FRAME_PX + LEVEL_PX * (item.level - 1),
    name: names + (message ? MIN_MESSAGE_PX : 0),
    chips: [
      ...(facts.purged ? [chip(trans.__('purged'), 'release')] : []),
      ...releases.map((release) => chip(release, 'release')),
      ...stages.map((fact) => chip(labelOf(fact), 'stage', watched.has(fact.stage))),
    ],
    spark: hasMetrics ? SPARK_PX : 0,
    value: hasMetrics ? VALUE_PX : 0,
  };
  return layOut(widths, room);
}

/** Pixels, as in `style/lab.css`: padding and twisty, one level, a chip without its text, ... */
const FRAME_PX = 34;
const LEVEL_PX = 12;
const GAP_PX = 6;
const CHIP_PX = 14;
const WATCHED_PX = 22;
const MAX_CHIP_PX = 154;
const SPARK_PX = 40;
const VALUE_PX = 48;
/** Pixels of a message that stay beside the chips. */
const MIN_MESSAGE_PX = 70;

function labelOf({ stage, number: version }: StageFact): string {
  return version ? `${stage} ${version}` : stage;
}

/** The elements of a line. */
export function content(facts: Facts, layout: RowLayout): Child[] {
  const chips = [
    ...(facts.purged ? [[trans.__('purged'), purgedChip()] as const] : []),
    ...(facts.releases ?? []).map((release) => [release, releaseChip(release)] as const),
    ...(facts.stages ?? []).map(
      (fact) => [labelOf(fact), watchedChip(fact, facts.health)] as const,
    ),
  ];
  const rest = chips.slice(layout.chips).map(([label]) => label);
  return [
    facts.open === undefined
      ? h('span', { class: 'nbm-lab-twisty' }, facts.marked && icon('compare'))
      : h('span', { class: 'nbm-lab-twisty' }, icon(facts.open ? 'down' : 'right')),
    h(
      'span',
      { class: 'nbm-lab-names' },
      h('span', { class: 'nbm-lab-name' }, facts.name),
      facts.number && h('span', { class: 'nbm-lab-number' }, facts.number),
    ),
    facts.marked && h('span', { class: 'nbm-hidden' }, trans.__('marked for comparison')),
    facts.message && h('span', { class: 'nbm-lab-message' }, facts.message),
    chips.length > 0 &&
      h(
        'span',
        { class: 'nbm-lab-chips' },
        chips.slice(0, layout.chips).map(([, chip]) => chip),
        rest.length > 0 && restChip(rest),
      ),
    layout.hasSpark &&
      h(
        'span',
        { class: 'nbm-lab-spark' },
        facts.spark?.length ? sparkline(facts.spark.map(Number), facts.metric ?? '') : null,
      ),
    facts.hasMetrics && h('span', { class: 'nbm-lab-value', title: facts.metric }, facts.value),
  ];
}

/** Counts the chips that do not fit. */
function restChip(labels: readonly string[]): HTMLElement {
  return h(
    'span',
    { class: 'nbm-chip nbm-lab-rest', title: labels.join('\n') },
    h('span', { 'aria-hidden': true }, `+${count(labels.length)}`),
    h('span', { class: 'nbm-hidden' }, labels.join(', ')),
  );
}

/**
 * The stages of a model. A narrow line cannot show all, so the ones with problems come first, and
 * then those that are in use.
 */
function worstFirst(entry: ModelEntry, health: readonly Health[]): StageFact[] {
  const rank = ({ stage }: StageFact): number => {
    const trouble = TROUBLE.indexOf(health.find((each) => each.stage === stage)?.state);
    return 2 * trouble + (IN_USE.has(stage.toLowerCase()) ? 1 : 0);
  };
  return entry.stages
    .map(([stage, commit, version]) => ({
      stage,
      number: commit === entry.latest.commit ? '' : `@${version}`,
    }))
    .sort((a, b) => rank(b) - rank(a));
}

const IN_USE = new Set(['prod', 'production', 'live']);

const TROUBLE: ReadonlyArray<Health['state'] | undefined> = ['warning', 'bad'];

/** The chip of a stage, with its health if it is known. */
function watchedChip(fact: StageFact, health: readonly Health[] = []): HTMLElement {
  const { stage } = fact;
  const chip = stageChip(stage);
  chip.append(fact.number && ` ${fact.number}`);
  const verdict = health.find((each) => each.stage === stage);
  if (verdict) {
    chip.prepend(healthDot(verdict));
    chip.classList.add('nbm-lab-watched');
    chip.dataset.stage = stage;
    chip.title = healthLabel(verdict);
  }
  return chip;
}
