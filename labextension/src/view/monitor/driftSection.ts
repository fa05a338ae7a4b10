/** The section with the heat map of drift, and the distribution of a column in an open cell. */

import { skeleton, fill, h, icon, notice, type Child } from '../ui/dom';
import type { MonitorReport } from '../data/monitorReport';
import { RequestError, type Source } from '../data/source';
import type { Selection, CellPosition } from './selection';
import { list, type Choice } from './controls';
import { drawDistribution } from './distribution';
import { exportButtons } from '../charts/exports';
import { chartRange } from './axes';
import { AS_SERVED, measuresOf, driftMatrix, type DriftMatrix } from './driftMatrix';
import { HeatMap } from './heatMap';
import { driftMetric, keyOf, nameOf, subjectsOf } from './series';
import { driftTable } from './tables';
import { windowName } from './timeFormat';
import { trans } from '../translation';

export class DriftSection {
  readonly element: HTMLElement;
  private readonly subject: Choice;
  private readonly measure: Choice;
  private readonly empty = h('div');
  private readonly below = h('div', { class: 'nbm-distribution', hidden: true });
  private readonly map: HeatMap;
  private readonly exports: HTMLElement;
  private matrix: DriftMatrix | null = null;
  private report: MonitorReport | null = null;
  private requested = '';
  private window: string | undefined;

  constructor(
    private readonly source: Source,
    private readonly set: (change: Partial<Selection>) => void,
  ) {
    this.subject = list(trans.__('Version and stage of the heat map'), (subject) =>
      set({ subject, openCell: null }),
    );
    this.measure = list(trans.__('Drift measure'), (measure) => set({ measure }));
    this.map = new HeatMap({
      open: source.can('distribution')
        ? (column, time, subject) => set({ openCell: { column, time, subject } })
        : null,
      follow: (column) => this.follow(column),
      every: () => set({ allColumns: true }),
    });
    const title = h('h3', null, trans.__('Drift against the training data'));
    this.exports = exportButtons({
      label: trans.__('the drift of all columns'),
      name: () => `${this.report?.model ?? ''}-drift-${this.matrix?.measure ?? ''}`,
      rows: () => (this.report && this.matrix ? driftTable(this.report, this.matrix.measure) : []),
    });
    const space = h('span', { class: 'nbm-space' });
    this.element = h(
      'section',
      { class: 'nbm-part', 'aria-label': trans.__('Drift') },
      h(
        'div',
        { class: 'nbm-part-line' },
        title,
        this.measure.element,
        this.subject.element,
        space,
        this.exports,
      ),
      this.empty,
      this.map.element,
      this.below,
    );
  }

  draw(report: MonitorReport, selection: Selection): void {
    const own = subjectsWithDrift(report);
    const subjects = own.length > 1 ? [[AS_SERVED, trans.__('as served')] as const, ...own] : own;
    const key = subjects.some(([each]) => each === selection.subject)
      ? selection.subject
      : (subjects[0]?.[0] ?? AS_SERVED);
    const names = measuresOf(report, key);
    const measure = names.includes(selection.measure) ? selection.measure : (names[0] ?? '');
    this.subject.draw(subjects, key);
    this.measure.draw(
      names.map((name) => [name, name]),
      measure,
    );
    const matrix = driftMatrix(report, measure, key, chartRange(report, selection));
    this.matrix = matrix;
    this.report = report;
    this.exports.hidden = matrix.rows.length === 0;
    const none = matrix.rows.length === 0;
    for (const { element } of [this.subject, this.measure, this.map]) {
      element.hidden = none;
    }
    fill(this.empty, none && notice('empty', trans.__('Drift was not evaluated.'), whyNot()));
    if (!none) {
      const { allColumns, openCell } = selection;
      const names = new Map(subjectsOf(report).map((each) => [keyOf(each), nameOf(each)]));
      const width = report.windowSeconds;
      this.map.draw({ matrix, width, allColumns, openCell, subjects: names });
    }
    this.window = report.window;
    void this.drawCell(report, none ? null : selection.openCell);
  }

  /** Show the drift of a column over time. */
  private follow(column: string): void {
    if (this.matrix) {
      this.set({ metric: driftMetric({ measure: this.matrix.measure, column }) });
    }
  }

  /** Show the distribution of a cell, or close the one that is shown. */
  private async drawCell(report: MonitorReport, cell: CellPosition | null): Promise<void> {
    const request = cell
      ? JSON.stringify([report.ref, cell, report.windowSeconds, report.state])
      : '';
    if (request === this.requested) {
      return;
    }
    const other = !sameCell(this.requested, request);
    this.requested = request;
    this.below.hidden = !cell;
    if (!cell) {
      this.below.replaceChildren();
      return;
    }
    const body = other
      ? h('div', { class: 'nbm-distribution-container' }, skeleton(7))
      : (this.below.lastElementChild as HTMLElement);
    if (other) {
      fill(this.below, this.heading(report, cell), body);
      this.below.scrollIntoView?.({ block: 'nearest' });
    }
    const drawing = await this.distribution(cell, report.windowSeconds);
    if (request === this.requested) {
      fill(body, drawing);
    }
  }

  /** The chart of a cell, or the error. */
  private async distribution(position: CellPosition, width: number): Promise<Child> {
    const { subject, ...cell } = position;
    const [version = '', stage = ''] = subject.split('\0');
    const { window } = this;
    try {
      const answer = await this.source.ask('distribution', { version, stage, window, ...cell });
      return drawDistribution(answer, width);
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      return notice('error', error.what, error.hint);
    }
  }

  private heading(report: MonitorReport, { column, time }: CellPosition): HTMLElement {
    const close = (): void => {
      this.set({ openCell: null });
      this.map.focus(column, time);
    };
    const window = windowName(time, report.windowSeconds);
    const title = trans.__('%1 then and now, %2', column, window);
    this.below.onkeydown = (event) => {
      if (event.key === 'Escape') {
        event.preventDefault();
        close();
      }
    };
    const button = h(
      'button',
      {
        type: 'button',
        class: 'nbm-button nbm-button-quiet',
        'aria-label': trans.__('Close the distribution'),
        title: trans.__('Close (Escape)'),
        onclick: close,
      },
      icon('close'),
    );
    return h(
      'div',
      { class: 'nbm-part-line' },
      h('h4', { title }, title),
      h('span', { class: 'nbm-space' }),
      button,
    );
  }
}

const whyNot = (): string =>
  trans.__(
    'Drift is evaluated once rows are logged for a version that was committed with its data: --data VARIABLE.',
  );

/** Versions and stages with drift values; the most recently logged comes first. */
function subjectsWithDrift({
  drift,
  loggedVersions,
}: MonitorReport): Array<readonly [string, string]> {
  const last = new Map(loggedVersions.map((each) => [keyOf(each), each.last]));
  const names = new Map(drift.map((each) => [keyOf(each), nameOf(each)]));
  return [...names].sort(([a], [b]) => (last.get(b) ?? 0) - (last.get(a) ?? 0));
}

/** Whether two requests are about the same cell; their reports may differ. */
function sameCell(one: string, other: string): boolean {
  const cell = (request: string): string =>
    request && JSON.stringify((JSON.parse(request) as unknown[]).slice(0, 3));
  return one !== '' && cell(one) === cell(other);
}
