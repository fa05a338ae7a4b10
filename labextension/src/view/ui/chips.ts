/** Labels of versions: stages, colored by their names, releases, and the mark of a purge. */

import { h } from './dom';
import { number } from '../data/numbers';
import { shortReference } from '../data/references';
import type { HeldStage, Row } from '../data/answers';
import { trans } from '../translation';

/** Hues of common stages, in the order in which stages are shown. */
const HUES: Readonly<Record<string, number>> = {
  prod: 145,
  production: 145,
  live: 145,
  staging: 38,
  stage: 38,
  test: 275,
  dev: 215,
  development: 215,
  archived: 0,
};

const ORDER: readonly string[] = Object.keys(HUES);

/** Stages in the order of the overview: the live one first, names of the user's own last. */
export function inStageOrder<T>(items: readonly T[], stageOf: (item: T) => string): T[] {
  const placeOf = (item: T): number => {
    const place = ORDER.indexOf(stageOf(item).toLowerCase());
    return place === -1 ? ORDER.length : place;
  };
  return [...items].sort((a, b) => placeOf(a) - placeOf(b));
}

/** The hue of a name, always the same (FNV-1a, 32 bits). */
export function hueOf(name: string): number {
  const key = name.toLowerCase();
  if (Object.hasOwn(HUES, key)) {
    return HUES[key] as number;
  }
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0) % 360;
}

export function stageChip(stage: string): HTMLElement {
  return h(
    'span',
    {
      class: 'nbm-chip nbm-stage',
      title: trans.__('Stage %1', stage),
      style: { '--nbm-hue': String(hueOf(stage)) },
    },
    stage,
  );
}

/** A stage that another version of the model holds: the chip names that version. */
export function heldChip(
  { stage, ref, value }: HeldStage,
  model: string,
  metric: string,
): HTMLElement {
  const chip = stageChip(stage);
  const measured = value === null || !metric ? '' : `, ${metric} ${number(value)}`;
  chip.title = trans.__('Stage %1: %2', stage, ref + measured);
  chip.append(h('span', { class: 'nbm-held' }, shortReference(ref, model)));
  return chip;
}

export function releaseChip(release: string): HTMLElement {
  return h(
    'span',
    { class: 'nbm-chip nbm-release', title: trans.__('Release %1', release) },
    release,
  );
}

/** The mark of a version that was purged. */
export function purgedChip(): HTMLElement {
  const title = trans.__('Purged: its arrays were removed for good');
  return h('span', { class: 'nbm-chip nbm-purged', title }, trans.__('purged'));
}

/** Whether a version was purged, its stages and its releases. */
export function chips(
  row: Pick<Row, 'stages' | 'releases'> & Partial<Pick<Row, 'purged'>>,
): HTMLElement {
  return h(
    'span',
    { class: 'nbm-chips' },
    row.purged && purgedChip(),
    inStageOrder(row.stages, String).map(stageChip),
    row.releases.map(releaseChip),
  );
}
