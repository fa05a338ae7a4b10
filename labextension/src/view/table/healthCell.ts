/** The health of a row: that of its model's stages, or of the stages that the version holds. */

import type { Health } from '../data/monitorReport';
import type { Row } from '../data/answers';
import type { HealthCache } from '../ui/healthCache';
import { HEALTH_WORDS, healthState } from '../ui/healthShape';
import { h, type Child } from '../ui/dom';
import { trans } from '../translation';

const WORST_FIRST: ReadonlyArray<Health['state']> = ['bad', 'warning', 'unknown', 'good'];

export interface HealthCell {
  cell(row: Row): Child;
  whole(row: Row): string;
}

/**
 * `stagesOf` gives the stages of the row's model that a version holds; null if each row is a version
 * and shows only its own stages.
 */
export function healthCell(
  healths: HealthCache,
  stagesOf: ((row: Row) => readonly string[]) | null,
): HealthCell {
  const of = (row: Row): readonly Health[] => {
    const rank = ({ state }: Health): number => WORST_FIRST.indexOf(state);
    return healths
      .of(row.model)
      .filter(({ version }) => stagesOf || version === row.ref)
      .sort((a, b) => rank(a) - rank(b));
  };
  const isStaged = (row: Row): boolean => (stagesOf ? stagesOf(row) : row.stages).length > 0;
  return {
    cell: (row) => {
      const [worst, ...others] = of(row);
      if (worst) {
        const { state, stage } = worst;
        const word = h('span', { class: 'nbm-health-word' }, HEALTH_WORDS[state]());
        return [
          healthState(state, word),
          others.length > 0 && h('span', { class: 'nbm-faint' }, ` ${stage}`),
        ];
      }
      const waits = !healths.knows(row.model);
      if (!isStaged(row) || (waits && !healths.problem)) {
        return null;
      }
      const word = waits ? HEALTH_WORDS.unknown() : trans.__('Not monitored');
      return h('span', { class: 'nbm-faint' }, word);
    },
    whole: (row) => {
      const lines = of(row).map(({ stage, version, state, reason }) =>
        [`${stage} (${version}): ${HEALTH_WORDS[state]()}`, reason].filter(Boolean).join(': '),
      );
      return (
        lines.join('\n') || (isStaged(row) && !healths.knows(row.model) ? healths.problem : '')
      );
    },
  };
}
