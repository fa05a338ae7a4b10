/** The content of a line of the tree, and its elements. */

import { releaseChip, stageChip } from '../view/ui/chips';
import { h, icon, type Child } from '../view/ui/dom';
import { count } from '../view/data/format';
import { dateTime, number } from '../view/data/numbers';
import type { ModelEntry } from '../view/data/answers';
import type { Health } from '../view/data/monitorReport';
import { sparkline } from '../view/charts/sparkline';
import { stagesOf, type Browser } from './browser';
import { healthDot, healthLabel } from './healthDot';
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
  stages?: readonly string[];
  health?: readonly Health[];
  releases?: readonly string[];
  metric?: string;
  value?: string;
  spark?: readonly string[];
  marked?: boolean;
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
      stages: worstFirst(entry.stages, handlers.health(entry.name)),
      health: handlers.health(entry.name),
      metric: metric ?? '',
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
    stages: stagesOf(entry, row),
    health: handlers.health(entry.name).filter(({ version }) => version === row.ref),
    releases: [...row.releases],
    marked: handlers.marked().includes(row.ref),
  };
}

/** The elements of a line. */
export function content(item: Item, facts: Facts): Child[] {
  return [
    facts.open === undefined
      ? h('span', { class: 'nbm-lab-twisty' }, facts.marked && icon('compare'))
      : h('span', { class: 'nbm-lab-twisty' }, icon(facts.open ? 'down' : 'right')),
    h('span', { class: 'nbm-lab-name' }, facts.name),
    facts.marked && h('span', { class: 'nbm-hidden' }, trans.__('marked for comparison')),
    facts.message && h('span', { class: 'nbm-lab-message' }, facts.message),
    h(
      'span',
      { class: 'nbm-lab-chips' },
      facts.releases?.map(releaseChip),
      facts.stages?.map((stage) => watchedChip(stage, facts.health)),
    ),
    item.kind === 'model' && [
      h(
        'span',
        { class: 'nbm-lab-spark' },
        facts.spark?.length ? sparkline(facts.spark.map(Number), facts.metric ?? '') : null,
      ),
      h('span', { class: 'nbm-lab-value', title: facts.metric }, facts.value),
    ],
  ];
}

/** The stages of a model, the ones with problems first, because a narrow line cannot show all. */
function worstFirst(stages: ModelEntry['stages'], health: readonly Health[]): string[] {
  const rank = (stage: string): number =>
    TROUBLE.indexOf(health.find((each) => each.stage === stage)?.state);
  return [...new Set(stages.map(([stage]) => stage))].sort((a, b) => rank(b) - rank(a));
}

const TROUBLE: ReadonlyArray<Health['state'] | undefined> = ['warning', 'bad'];

/** The chip of a stage, with its health if it is known. */
function watchedChip(stage: string, health: readonly Health[] = []): HTMLElement {
  const chip = stageChip(stage);
  const found = health.find((each) => each.stage === stage);
  if (found) {
    chip.prepend(healthDot(found));
    chip.classList.add('nbm-lab-watched');
    chip.dataset.stage = stage;
    chip.title = healthLabel(found);
  }
  return chip;
}
