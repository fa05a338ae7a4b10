/** The traffic of a stage in words, with a line of the last days. */

import { sparkline } from '../charts/sparkline';
import { ago, countedRows } from '../data/format';
import { dateTime } from '../data/numbers';
import { fill, h } from '../ui/dom';
import type { Traffic } from '../data/monitorReport';
import { trans } from '../translation';

/**
 * Fill the place of a tile; without `traffic`, nothing was logged for the stage, or the log cannot
 * be read, which the health explains.
 */
export function showTraffic(
  place: HTMLElement,
  traffic: Traffic | undefined,
  problem: string | undefined,
): void {
  if (!traffic) {
    const nothing = trans.__('No version logged rows here in the last 14 days.');
    fill(place, problem ? trans.__('unknown: the log cannot be read in full') : nothing);
    return;
  }
  const { rows, last } = traffic;
  const total = rows.reduce((sum, count) => sum + count, 0);
  // Each version that answered as this stage counts, not only the one that is live.
  const words = trans.__(
    '%1 by all versions in 14 days, the last %2',
    countedRows(total),
    ago(last),
  );
  const known = problem ? trans.__('at least %1', words) : words;
  fill(
    place,
    h('span', { title: dateTime(last) }, known),
    sparkline(rows, trans.__('Rows a day'), (count) => trans._n('%1 day', '%1 days', count)),
  );
}
