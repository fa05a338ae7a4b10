/** Labels of versions: stages, colored by their names, and releases. */

import { h } from './dom';
import { number } from '../data/numbers';
import type { HeldStage, Row } from '../data/answers';
import { trans } from '../translation';

/** Hues of common stages. */
const KNOWN: Readonly<Record<string, number>> = {
  prod: 145,
  production: 145,
  live: 145,
  staging: 38,
  stage: 38,
  dev: 215,
  development: 215,
  test: 275,
  archived: 0,
};

/** The hue of a name, always the same (FNV-1a, 32 bits). */
export function hueOf(name: string): number {
  const known = name.toLowerCase();
  if (Object.hasOwn(KNOWN, known)) {
    return KNOWN[known] as number;
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
export function heldChip({ stage, ref, value }: HeldStage, metric: string): HTMLElement {
  const chip = stageChip(stage);
  const measured = value === null || !metric ? '' : `, ${metric} ${number(value)}`;
  chip.title = trans.__('Stage %1: %2', stage, ref + measured);
  chip.append(h('span', { class: 'nbm-held' }, ref.replace(/^[^@]*/, '')));
  return chip;
}

export function releaseChip(release: string): HTMLElement {
  return h(
    'span',
    { class: 'nbm-chip nbm-release', title: trans.__('Release %1', release) },
    release,
  );
}

/** The stages and releases of a version. */
export function chips(row: Pick<Row, 'stages' | 'releases'>): HTMLElement {
  return h(
    'span',
    { class: 'nbm-chips' },
    row.stages.map(stageChip),
    row.releases.map(releaseChip),
  );
}
