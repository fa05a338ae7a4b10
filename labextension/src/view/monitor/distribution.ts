/** The distribution of a column in its training data and in one window of the log. */

import type { Data, Layout } from 'plotly.js';

import { liveChart, plainText, shorten } from '../charts/charts';
import { exportButtons } from '../charts/exports';
import { h, type Child } from '../ui/dom';
import { countedRows } from '../data/format';
import { number } from '../data/numbers';
import type { Distribution } from '../data/monitorReport';
import type { Theme } from '../charts/theme';
import { distributionTable } from './tables';
import { windowName } from './timeFormat';
import { trans } from '../translation';

/** Most edges that fit below a chart. */
const TICKS = 12;

/** Draw the chart, with its key and remarks. */
export function drawDistribution(distribution: Distribution, width: number): HTMLElement {
  const bars = distribution.reference.length;
  const drawing = liveChart((theme) => figure(distribution, theme), {
    height: distribution.kind === 'number' ? 230 : 56 + 26 * Math.max(2, bars),
    maxWidth: distribution.kind === 'number' ? 160 + bars * 60 : undefined,
    label: trans.__('%1 then and now', distribution.column),
    summary: names(distribution)
      .map((name, at) =>
        trans.__(
          '%1: %2 then, %3 now',
          name,
          percent(distribution.reference[at]),
          percent(distribution.current[at]),
        ),
      )
      .join('; '),
  });
  const exports = exportButtons({
    label: trans.__('the distribution'),
    name: () => `${distribution.version}-${distribution.column}`,
    chart: () => drawing,
    rows: () => distributionTable(distribution),
  });
  return h(
    'div',
    { class: 'nbm-then-now' },
    key(distribution, width, exports),
    drawing.element,
    remarks(distribution),
  );
}

/** `percent(0.125)` is `12.5%`. */
export function percent(share: number | undefined): string {
  if (share === undefined || !Number.isFinite(share)) {
    return trans.__('unknown');
  }
  const hundredths = share * 100;
  return hundredths > 0 && hundredths < 0.1
    ? trans.__('less than 0.1%')
    : `${number(Number(hundredths.toFixed(1)))}%`;
}

/** The label of each bar: the outer bins of a number have no end. */
export function names({ kind, edges, categories, reference }: Distribution): string[] {
  if (kind === 'category') {
    return reference.map((_, at) => categories[at] ?? '');
  }
  return reference.map((_, at) => {
    const [low, high] = [edges[at - 1], edges[at]];
    if (low === undefined) {
      return high === undefined ? trans.__('every value') : trans.__('below %1', number(high));
    }
    return high === undefined
      ? trans.__('%1 or more', number(low))
      : trans.__('%1 to %2', number(low), number(high));
  });
}

export function figure(
  distribution: Distribution,
  theme: Theme,
): { data: Data[]; layout: Partial<Layout> } {
  const flat = distribution.kind === 'category';
  const labels = names(distribution);
  const places = labels.map((_, at) => at);
  const [then, now] = [trans.__('then'), trans.__('now')].map(plainText);
  const hover = labels.map(
    (name, at) =>
      `<b>${shorten(name, 60)}</b><br>${then} <b>${percent(distribution.reference[at])}</b><br>${now} <b>${percent(distribution.current[at])}</b>`,
  );
  const bar = (shares: readonly number[], width: number, color: string, opacity: number): Data => ({
    type: 'bar',
    orientation: flat ? 'h' : 'v',
    ...(flat ? { x: [...shares], y: places } : { x: places, y: [...shares] }),
    width,
    marker: { color, opacity },
    hoverinfo: 'text',
    hovertext: hover,
    textposition: 'none',
  });
  const share = { tickformat: '.0%', rangemode: 'tozero', zeroline: false, nticks: 5 };
  const bins = flat
    ? {
        tickvals: places,
        ticktext: labels.map((name) => shorten(name, 24)),
        range: [labels.length - 0.4, -0.6],
        showgrid: false,
      }
    : {
        ...between(distribution),
        range: [-0.6, labels.length - 0.4],
        showgrid: false,
        tickangle: 0,
      };
  const layout = {
    xaxis: { ...(flat ? share : bins), fixedrange: true },
    yaxis: { ...(flat ? bins : share), fixedrange: true },
    barmode: 'overlay',
    hovermode: 'closest',
    showlegend: false,
  };
  return {
    data: [
      bar(distribution.reference, 0.92, theme.faint, 0.35),
      bar(distribution.current, 0.5, theme.series[0]!, 0.95),
    ],
    layout: layout as unknown as Partial<Layout>,
  };
}

/** Ticks at the edges between bins; all bins have the same width, for any range of values. */
function between({ edges }: Distribution): object {
  const step = Math.ceil(edges.length / TICKS);
  const ticks = edges.flatMap((edge, at) => (at % step === 0 ? [{ edge, at }] : []));
  return {
    tickvals: ticks.map(({ at }) => at + 0.5),
    ticktext: ticks.map(({ edge }) => number(edge)),
    zeroline: false,
  };
}

function key({ version, time, rows }: Distribution, width: number, exports: HTMLElement): Child {
  return h(
    'div',
    { class: 'nbm-then-now-key' },
    h(
      'span',
      null,
      h('i', { class: 'nbm-key-then' }),
      trans.__('then: training data of %1, %2', version, countedRows(rows.reference)),
    ),
    h(
      'span',
      null,
      h('i', { class: 'nbm-key-now' }),
      trans.__('now: %1, %2', windowName(time, width), countedRows(rows.current)),
    ),
    h('span', { class: 'nbm-space' }),
    exports,
  );
}

function remarks({ kind, missing }: Distribution): Child {
  const without = [missing.reference, missing.current].some((share) => share > 0)
    ? trans.__(
        'Without a value: %1 of the rows then, %2 now; the bars are shares of the others.',
        percent(missing.reference),
        percent(missing.current),
      )
    : trans.__('No value is missing.');
  const bins =
    kind === 'number' && trans.__('Bars are bins of the training data, drawn equally wide.');
  return h('p', { class: 'nbm-faint' }, [without, bins].filter(Boolean).join(' '));
}
