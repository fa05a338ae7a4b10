/** Versions side by side: two as a difference, more as charts of all. */

import { staticChart } from '../charts/charts';
import { figuresSideBySide } from '../figures/comparison';
import { h, notice, type Child } from '../ui/dom';
import { factTable, section } from './facts';
import { parallelFigure } from '../charts/compareCharts';
import { axesOf, type Axis } from '../charts/parallelAxes';
import { parseNumber } from '../data/numbers';
import type { Version } from '../data/answers';
import { differenceOf } from './difference';
import { opener, type CompareContext } from './compareParts';
import { metricParts } from './metricComparison';
import { trans } from '../translation';

/** Compare the versions in `refs`, in this order. */
export async function drawComparison(
  context: CompareContext,
  refs: readonly string[],
): Promise<HTMLElement> {
  const [before, after] = refs;
  if (before === undefined || after === undefined) {
    return notice(
      'empty',
      trans.__('A comparison needs two or more versions.'),
      trans.__('Choose them in the table.'),
    );
  }
  const reading = Promise.all(refs.map((ref) => context.source.ask('version', { ref })));
  if (refs.length > 2) {
    return several(await reading, context);
  }
  const [versions, difference] = await Promise.all([
    reading,
    context.source.ask('diff', { before, after }),
  ]);
  return differenceOf(versions, difference, context);
}

function several(versions: readonly Version[], context: CompareContext): HTMLElement {
  return h(
    'div',
    { class: 'nbm-compare' },
    h(
      'p',
      { class: 'nbm-compare-heading' },
      versions.map((version) => opener(version.row.ref, context)),
    ),
    metricParts(versions, context),
    axesChart(versions, context),
    differing(versions),
    figuresSideBySide(versions, context.source),
  );
}

function axesChart(versions: readonly Version[], context: CompareContext): Child {
  const axes = axesOf(versions);
  if (axes.length < 2) {
    return null;
  }
  const drawing = staticChart((theme) => parallelFigure(axes, versions, theme), {
    height: 340,
    label: trans.__(
      'Parameters and metrics that differ, with an axis for each and a line for each version',
    ),
    summary: axes.map((axis) => summaryOf(axis, versions)).join('; '),
    onPick: (ref) => context.open(String(ref)),
  });
  return section(trans.__('Parameters and metrics that differ'), drawing);
}

const summaryOf = ({ name, texts }: Axis, versions: readonly Version[]): string =>
  `${name}: ${texts.map((text, at) => trans.__('%1 in %2', text, versions[at]!.row.ref)).join(', ')}`;

/** Parameters that differ between the versions. */
function differing(versions: readonly Version[]): HTMLElement {
  const params = versions.map((version) => new Map(version.params));
  const names = new Set(params.flatMap((each) => [...each.keys()]));
  const rows = [...names]
    .map((name) => [name, ...params.map((each) => each.get(name) ?? '')])
    .filter(([, ...values]) => new Set(values).size > 1);
  if (!rows.length) {
    return notice('info', trans.__('The parameters are the same in all of them.'));
  }
  const headings = [trans.__('parameter'), ...versions.map(({ row }) => row.ref)];
  const columns = versions.map((_, index) => index + 1);
  const numeric = new Set(
    columns.filter((column) =>
      rows.every((row) => !row[column] || parseNumber(row[column]) !== null),
    ),
  );
  return section(
    trans.__('Parameters that differ'),
    scrolled(factTable({ label: trans.__('parameters that differ'), headings, rows, numeric })),
  );
}

const scrolled = (table: HTMLElement): HTMLElement =>
  h('div', { class: 'nbm-scroll', tabindex: 0 }, table);
