/** Stage moves as marks on the time axis. */

import type { StageMove } from '../data/answers';
import type { MonitorReport } from '../data/monitorReport';
import { shortReference } from '../data/references';
import { minute } from './timeFormat';
import { trans } from '../translation';

export interface Mark {
  time: number;
  /** Text on the chart. */
  label: string;
  /** Text in a sentence. */
  text: string;
  rolledBack: boolean;
}

/**
 * Moves and starts, oldest first; a move and a start of one version within a window are one mark.
 */
export function marksOf({ moves, versionStarts, windowSeconds, model }: MonitorReport): Mark[] {
  const starts = [...versionStarts];
  const moved = moves.map((move) => {
    const twin = starts.findIndex(
      ({ version, stage, time }) =>
        !move.removed &&
        version === move.ref &&
        stage === move.stage &&
        Math.abs(time - move.time) <= windowSeconds,
    );
    if (twin !== -1) {
      starts.splice(twin, 1);
    }
    return markOf(move, model);
  });
  const begun = starts.map(({ version, stage, time }) => ({
    time,
    label: stage
      ? trans.__('%1 in %2', shortReference(version, model), stage)
      : shortReference(version, model),
    text: stage
      ? trans.__('%1 began to answer for %2, %3', version, stage, minute(time))
      : trans.__('%1 began to answer, %2', version, minute(time)),
    rolledBack: false,
  }));
  return [...moved, ...begun].sort((a, b) => a.time - b.time);
}

function markOf(move: StageMove, model: string): Mark {
  const ref = move.ref || move.commit.slice(0, 7);
  const why = [move.author, move.message].filter(Boolean).join(': ');
  const what = move.removed
    ? trans.__('%1 lost %2', ref, move.stage)
    : move.rolledBack
      ? trans.__('%1 got %2 back', ref, move.stage)
      : trans.__('%1 became %2', ref, move.stage);
  const sign = move.rolledBack ? '↩ ' : '';
  return {
    time: move.time,
    label: move.removed
      ? trans.__('no %1', move.stage)
      : `${sign}${shortReference(ref, model)} ${move.stage}`,
    text: `${what}, ${minute(move.time)}${why && ` (${why})`}`,
    rolledBack: move.rolledBack,
  };
}
