/** The parts that a comparison of two versions and one of several share. */

import { staticChart } from '../charts/charts';
import { barFigure } from '../charts/compareCharts';
import { families, seriesOf, type Series } from '../charts/families';
import { number } from '../data/numbers';
import type { Version } from '../data/answers';
import type { Source } from '../data/source';
import { trans } from '../translation';
import { h, type Child } from '../ui/dom';
import { section } from './facts';

export interface CompareContext {
  source: Source;
  open(ref: string): void;
}

/** Most metrics that are drawn as bars; tables show the others. */
const BARS = 12;

/** A button that opens a version. */
export function opener(ref: string, context: CompareContext): HTMLElement {
  const open = (): void => context.open(ref);
  return h(
    'button',
    { type: 'button', class: 'nbm-link', onclick: open, title: trans.__('Open %1', ref) },
    ref,
  );
}

/** The metrics of the versions as bars, if any is a number. */
export function metricBars(versions: readonly Version[]): Child {
  const all = seriesOf(versions.map(({ row }) => row.metrics));
  const drawable = all.filter(({ values }) => values.some(Number.isFinite));
  if (!drawable.length) {
    return null;
  }
  const groups = families(drawable.slice(0, BARS));
  const left = drawable.length - BARS;
  const drawing = staticChart((theme) => barFigure(groups, versions, theme), {
    height: 250,
    maxWidth: 160 + groups.length * 70 + groups.flat().length * (24 + 34 * versions.length),
    label: trans.__('Metrics by version'),
    summary: drawable
      .slice(0, BARS)
      .map((series) => seriesText(series, versions))
      .join('; '),
  });
  const rest =
    left > 0 && trans._n('%1 more metric is not drawn.', '%1 more metrics are not drawn.', left);
  return section(
    trans.__('Metrics side by side'),
    drawing,
    rest && h('p', { class: 'nbm-faint' }, rest),
  );
}

function seriesText({ name, values }: Series, versions: readonly Version[]): string {
  const each = values.map((value, index) =>
    trans.__('%1 in %2', number(value), versions[index]!.row.ref),
  );
  return `${name}: ${each.join(', ')}`;
}
