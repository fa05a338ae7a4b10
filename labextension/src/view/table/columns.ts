/** The columns of the table of versions. */

import { heldChip, inStageOrder, purgedChip, releaseChip, stageChip } from '../ui/chips';
import { h, type Child } from '../ui/dom';
import { ago } from '../data/format';
import { dateTime, number, size } from '../data/numbers';
import { own } from '../data/own';
import { distanceHint, distanceText } from '../ui/sharingQuestions';
import { shortRef } from '../ui/shortRef';
import { NUMBER } from '../offline/facts';
import type { HealthCache } from '../ui/healthCache';
import { healthCell } from './healthCell';
import type { Direction, HeldStage, Page, Registry, Row, Sharing } from '../data/answers';
import { trans } from '../translation';

export interface Column {
  /** Names the column in the user's choice. */
  key: string;
  title(): string;
  /** What the heading says in its tooltip, after the title. */
  hint?: string;
  kind: string;
  /** The title of its group in the menu; empty for the columns that every registry has. */
  group: string;
  /** Whether it is shown until the user decides; a column that is always shown cannot be hidden. */
  shown: boolean | 'always';
  /** Whether the user has chosen it, so that it stays in a narrow table. */
  kept?: boolean;
  /** The key of the order; a column without it cannot be sorted. */
  by?: string;
  /** Whether the first click sorts in descending order. */
  down?: boolean;
  cell(row: Row): Child;
  /** The whole text, if the cell may be too narrow for it. */
  whole?(row: Row): string;
}

/** What the columns depend on. */
export interface ColumnContext {
  registry: Registry | null;
  page: Page | null;
  /** Whether there is a row for every version, not one for each model. */
  every: boolean;
  /** Null if the source does not know the health of stages. */
  healths: HealthCache | null;
  /** Null if it is unknown whether there is a remote. */
  sharing: Sharing | null;
}

/** Chips in a row of the table; a third one would be cut at usual widths. */
const MAX_CHIPS = 2;
/** Metrics that have a column until the user chooses. */
const METRICS = 2;

/** All columns that the user can choose, in their order. */
export function columnsOf(context: ColumnContext): Column[] {
  const { registry, page, every, healths, sharing } = context;
  const models = every ? null : (page?.models ?? null);
  const directions = registry?.metricDirections ?? {};
  const metrics = mainFirst(registry?.metrics ?? [], page?.models ?? {});
  // Models have different metrics, so each row of a model shows its main metric.
  const mixed = every
    ? differ(page?.rows ?? [], metrics.slice(0, METRICS))
    : (registry?.models ?? 0) > 1;
  const held = models && ((row: Row) => heldOf(models, row).map(({ stage }) => stage));
  return [
    fixed(
      'version',
      () => trans.__('Version'),
      (row) => row.ref,
      { by: 'name', shown: 'always', cell: (row) => shortRef(row.ref) },
    ),
    labels(models),
    ...(healths ? [healthColumn(healths, held)] : []),
    ...(sharing?.remote && !every ? [remoteColumn(sharing)] : []),
    mainMetric(page?.models ?? {}, models, mixed),
    ...metrics.map((name, index) =>
      metricColumn(name, own(directions, name), !mixed && index < METRICS),
    ),
    ...(registry?.params ?? []).map((name) => paramColumn(name, context)),
    fixed(
      'date',
      () => trans.__('Date'),
      (row) => ago(row.time),
      {
        by: 'time',
        down: true,
        whole: (row) => dateTime(row.time),
      },
    ),
    fixed(
      'message',
      () => trans.__('Message'),
      (row) => row.message,
    ),
    fixed(
      'author',
      () => trans.__('Author'),
      (row) => row.author,
    ),
    fixed(
      'size',
      () => trans.__('Size'),
      (row) => size(row.size),
      { by: 'size', down: true },
    ),
  ];
}

/** The metrics by which the models of the page are judged, then the others. */
function mainFirst(metrics: readonly string[], models: Page['models']): string[] {
  const main = new Set(Object.values(models).map(({ mainMetric }) => mainMetric));
  return [...metrics].sort((a, b) => Number(main.has(b)) - Number(main.has(a)));
}

/** Whether versions of several models have metrics, and some not those that would have a column. */
function differ(rows: readonly Row[], metrics: readonly string[]): boolean {
  const scored = rows.filter((row) => row.metrics.length > 0);
  const models = new Set(scored.map(({ model }) => model));
  return models.size > 1 && scored.some((row) => metrics.some((name) => !valueOf(row, name)));
}

function fixed(
  kind: string,
  title: () => string,
  text: (row: Row) => string,
  more: Partial<Column> = {},
): Column {
  return { key: kind, kind, title, group: '', shown: true, cell: text, whole: text, ...more };
}

/** The stages that versions of the row's model hold. */
function heldOf(models: Page['models'], row: Row): readonly HeldStage[] {
  return own(models, row.model)?.stages ?? [];
}

/** The labels of a version. With `models`, a row also shows the stages of its model's other versions. */
function labels(models: Page['models'] | null): Column {
  const held = (row: Row): readonly HeldStage[] =>
    models ? heldOf(models, row).filter(({ commit }) => commit !== row.commit) : [];
  return {
    key: 'labels',
    title: () => trans.__('Labels'),
    kind: 'labels',
    group: '',
    shown: true,
    cell: (row) => labelChips(row, held(row), (models && own(models, row.model)?.mainMetric) ?? ''),
    whole: (row) =>
      [
        ...(row.purged ? [trans.__('purged')] : []),
        ...row.stages,
        ...row.releases,
        ...held(row).map(({ stage, ref }) => `${stage}: ${ref}`),
      ].join(', '),
  };
}

/** Chips of a row: a purge, then the live stage first; the number of those that have no room stays visible. */
function labelChips(row: Row, held: readonly HeldStage[], metric: string): HTMLElement {
  const stages = inStageOrder(
    [
      ...row.stages.map((stage) => ({ stage, chip: () => stageChip(stage) })),
      ...held.map((each) => ({
        stage: each.stage,
        chip: () => heldChip(each, row.model, metric),
      })),
    ],
    ({ stage }) => stage,
  );
  const all = [
    ...(row.purged ? [purgedChip()] : []),
    ...stages.map(({ chip }) => chip()),
    ...row.releases.map(releaseChip),
  ];
  const rest = all.slice(MAX_CHIPS);
  const count = (shown: number): string =>
    all.length > shown ? trans.__('+%1', String(all.length - shown)) : '';
  const more = h(
    'span',
    {
      class: 'nbm-faint nbm-more-chips',
      title: rest.map(({ title }) => title).join('\n'),
      // In a narrow table, which shows one chip; see `table.css`.
      'data-narrow': count(1),
    },
    count(MAX_CHIPS),
  );
  return h('span', { class: 'nbm-chips' }, all.slice(0, MAX_CHIPS), more);
}

function healthColumn(
  healths: HealthCache,
  held: ((row: Row) => readonly string[]) | null,
): Column {
  const title = (): string => trans.__('Health');
  return {
    key: 'health',
    kind: 'health',
    title,
    group: '',
    shown: true,
    ...healthCell(healths, held),
  };
}

/** How far each model is ahead of the remote, and behind it; shown only while one of them is. */
function remoteColumn({ remote, models }: Sharing): Column {
  const text = (row: Row): string => distanceText(...(own(models, row.model) ?? ([0, 0] as const)));
  return {
    key: 'remote',
    title: () => remote,
    kind: 'remote',
    group: '',
    shown: Object.keys(models).length > 0,
    hint: distanceHint(remote),
    cell: text,
    whole: text,
  };
}

const IN_USE = new Set(['prod', 'production', 'live']);

/** The metric by which the row's model is judged. With `models`, also that of the version in use. */
function mainMetric(facts: Page['models'], models: Page['models'] | null, shown: boolean): Column {
  const parts = (row: Row): readonly string[] => {
    const name = own(facts, row.model)?.mainMetric ?? '';
    const value = valueOf(row, name);
    const used = models
      ? heldOf(models, row).find(
          ({ stage, commit }) => IN_USE.has(stage.toLowerCase()) && commit !== row.commit,
        )
      : undefined;
    return [
      value,
      value && name,
      used && used.value !== null ? `${used.stage} ${number(used.value)}` : '',
    ];
  };
  return {
    key: 'main',
    title: () => trans.__('Main metric'),
    kind: 'main',
    group: '',
    shown,
    cell: (row) => {
      const [value, name, used] = parts(row);
      return [
        value,
        name && h('span', { class: 'nbm-faint' }, ` ${name}`),
        used && h('span', { class: 'nbm-faint' }, ` · ${used}`),
      ];
    },
    whole: (row) => parts(row).filter(Boolean).join(' · '),
  };
}

function valueOf(row: Row, name: string): string {
  const metric = row.metrics.find(([key]) => key === name);
  return metric ? number(metric[1]) : '';
}

function metricColumn(name: string, direction: Direction | undefined, shown: boolean): Column {
  return {
    key: `metrics.${name}`,
    title: () => name,
    kind: 'metric',
    group: trans.__('Metrics'),
    shown,
    by: `metrics.${name}`,
    down: direction !== 'lower',
    hint: directionHint(direction),
    cell: (row) => valueOf(row, name),
  };
}

function directionHint(direction: Direction | undefined): string {
  if (!direction) {
    return trans.__('It is not known whether higher or lower is better.');
  }
  return direction === 'higher'
    ? trans.__('Higher is better. The best value of each model on this page is bold.')
    : trans.__('Lower is better. The best value of each model on this page is bold.');
}

function paramColumn(name: string, { page }: ColumnContext): Column {
  const params = page?.params ?? {};
  const text = (row: Row): string =>
    own(params, row.commit)?.find(([key]) => key === name)?.[1] ?? '';
  const by = `params.${name}`;
  // Rows are sorted by numbers; a sort by texts would show no row.
  const isNumber = page?.rows.some((row) => NUMBER.test(text(row))) || page?.sort.endsWith(by);
  return {
    key: by,
    title: () => name,
    kind: 'param',
    group: trans.__('Parameters'),
    shown: false,
    by: isNumber ? by : undefined,
    cell: text,
    whole: text,
  };
}

/** The class of the column's cells, or of the column itself. */
export function classOf(part: 'cell' | 'col', { kind, kept }: Column): string {
  return `nbm-${part}-${kind}${kept ? ' nbm-kept' : ''}`;
}
