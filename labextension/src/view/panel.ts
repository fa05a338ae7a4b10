/** The panel: a table of versions, and the details of the open or compared versions beside it. */

import { Details } from './details';
import { drawEmptyNotice } from './table/emptyNotice';
import { fill, h } from './ui/dom';
import { focusOn } from './ui/focus';
import { startSelection } from './monitor/selection';
import { Notices } from './tabs/notices';
import { isOfModel, type PanelOptions } from './data/opening';
import { olderFirst } from './offline/sorting';
import { makePager, type Pager } from './ui/pager';
import type { ActionResult, Registry, Row, Sharing } from './data/answers';
import type { Route } from './data/route';
import type { Source } from './data/source';
import { splitter } from './ui/split';
import { firstQuestion, NO_ROWS, RowsRequest } from './table/rowsRequest';
import { afterHeading, afterSearch, type Look, type RowsQuestion } from './table/state';
import { SharingBar } from './table/sharingBar';
import { Table } from './table/table';
import { TableColumns } from './table/tableColumns';
import { Toolbar } from './table/toolbar';

/** Draw the panel into `host`; returns a function that ends it. */
export function drawPanel(host: HTMLElement, source: Source, options: PanelOptions): () => void {
  const panel = new Panel(host, source, options);
  panel.start();
  return () => panel.end();
}

/** The table of versions, with the details of the open or compared versions beside it. */
export class Panel {
  private readonly root: HTMLElement;
  private readonly sharing: SharingBar;
  private readonly toolbar: Toolbar;
  private readonly table: Table;
  private readonly columns: TableColumns;
  private readonly pager: Pager;
  private readonly details: Details;
  private readonly notices = new Notices();
  private readonly rows: RowsRequest;
  private readonly left: HTMLElement;
  private readonly body = h('div', { class: 'nbm-body' });

  private registry: Registry | null = null;
  private marked = new Map<string, Row>();
  private opened = '';
  /**
   * Whether details fill the panel until they are closed, because a reader who monitors or
   * compares needs no table.
   */
  private alone = false;
  private ended = false;
  /** Whether the registry has changed while the panel was hidden. */
  private stale = false;
  private ready: Promise<void> = Promise.resolve();
  private stop: () => void = () => undefined;

  constructor(
    private readonly host: HTMLElement,
    private readonly source: Source,
    private readonly options: PanelOptions,
  ) {
    this.rows = new RowsRequest(source, firstQuestion(options.opening), {
      asked: () => this.left.setAttribute('aria-busy', 'true'),
      settled: () => this.settle(),
      failed: (error) => this.say(error),
    });
    this.sharing = new SharingBar({
      source,
      host: () => this.root,
      done: (done) => this.done(done),
      failed: (error) => this.say(error),
      changed: () => this.draw(),
    });
    this.toolbar = new Toolbar(
      {
        search: (query) => this.change(afterSearch(this.rows.question, query)),
        every: () => this.change({ every: !this.rows.question.every, offset: 0 }),
        columns: (keys) => this.arrange(() => this.columns.choose(keys)),
        resetColumns: () => this.arrange(() => this.columns.reset()),
        compare: () => void this.details.compare(olderFirst(this.marked.values())),
        unmark: () => this.set({ marked: new Map() }),
      },
      options,
      this.sharing.element,
    );
    this.table = new Table({
      open: (row) => void this.details.open(row.ref),
      mark: (row) => this.mark(row),
      sort: (next) => this.change(afterHeading(this.rows.question, this.rows.page, next)),
    });
    this.pager = makePager((offset) => this.change({ offset }));
    this.columns = new TableColumns(source, options.face ?? 'panel', this.table.element, () =>
      this.draw(),
    );
    this.left = h('div', { class: 'nbm-left' }, this.table.element, this.pager.element);
    // Otherwise shortcuts of the notebook around the panel would take the keys that move in the
    // table.
    this.root = h('div', { class: 'nbm', 'data-lm-suppress-shortcuts': 'true' });
    this.details = new Details({
      source,
      host: this.root,
      registry: () => this.registry as Registry,
      done: (done) => this.done(done),
      failed: (error) => this.say(error),
      route: (route) => (this.ended ? undefined : this.options.onRoute?.(route)),
      shown: (commit) => this.set({ opened: commit, alone: this.alone && this.details.isOpen }),
      closed: () => this.table.focus(),
    });
    fill(this.body, this.left, splitter(this.body), this.details.element);
    fill(
      this.root,
      h('div', { class: 'nbm-frame' }, this.toolbar.element, this.notices.element, this.body),
    );
  }

  start(): void {
    const { initial, opening } = this.options;
    this.host.append(this.root);
    if (initial) {
      this.setRegistry(initial.registry, initial.sharing);
      // The answers that came with the page match the question without a search.
      const fits = !this.rows.question.query || isOfModel(initial.rows, opening.model);
      this.rows.page = fits ? initial.rows : null;
    }
    this.alone = Boolean(
      opening.compare?.length || (opening.monitor && this.source.can('monitor')),
    );
    this.draw();
    this.columns.start();
    this.ready = this.begin();
    this.stop = this.source.onChange(() => {
      if (this.root.hidden) {
        this.stale = true;
      } else {
        void this.refresh();
      }
    });
  }

  end(): void {
    this.ended = true;
    this.rows.end();
    this.columns.end();
    this.stop();
    this.details.close();
    this.root.remove();
  }

  /** A hidden panel asks nothing; it asks when it is shown, if the registry has changed. */
  hide(hidden: boolean): void {
    this.root.hidden = hidden;
    if (!hidden && this.stale) {
      void this.refresh();
    }
  }

  get heading(): HTMLElement {
    return this.toolbar.heading;
  }

  /** Put the focus on the heading of what is shown. */
  focus(): void {
    focusOn((this.details.isOpen ? this.details.heading : null) ?? this.heading);
  }

  /** Show a view of the table, a version or a comparison. */
  async go(route: Route): Promise<void> {
    await this.ready;
    if (!this.registry) {
      return; // the notice says why, and offers to try again
    }
    if (route.view === 'version') {
      await this.details.open(route.ref, route.tab || undefined);
    } else if (route.view === 'compare') {
      await this.details.compare(route.refs);
    } else {
      this.details.close();
    }
  }

  private async begin(): Promise<void> {
    const { opening } = this.options;
    if (!this.registry && !(await this.askRegistry())) {
      return;
    }
    const asking = this.rows.isAnswered ? Promise.resolve() : this.rows.ask();
    if (opening.compare?.length) {
      await this.details.compare(opening.compare);
    } else if (opening.edit) {
      await this.details.open(opening.edit, 'card', true);
    } else if (opening.monitor && this.source.can('monitor')) {
      startSelection(this.source, opening.monitor);
      await this.details.open(opening.version ?? opening.monitor.ref, 'monitor');
    } else if (opening.model && this.registry?.versions && !opening.silent) {
      await this.details.open(opening.version ?? opening.model);
    }
    await asking;
  }

  /** Load the rows and the open version again after a change of the registry. */
  private async refresh(): Promise<void> {
    if (this.ended) {
      return;
    }
    this.stale = false;
    this.columns.renew();
    await this.askRegistry();
    await Promise.all([this.rows.ask(), this.details.refresh()]);
  }

  private async askRegistry(): Promise<boolean> {
    try {
      this.setRegistry(await this.source.ask('registry', {}));
      return true;
    } catch (error) {
      this.say(error);
      return false;
    }
  }

  private setRegistry(registry: Registry, sharing?: Sharing): void {
    this.registry = registry;
    void this.sharing.renew(registry, sharing);
    this.columns.use(registry);
    this.rows.setParams(this.columns.params(registry));
    this.notices.problems(this.registry);
  }

  private settle(): void {
    this.left.setAttribute('aria-busy', 'false');
    this.draw();
  }

  /** Change the question; the drawing stays until the answer arrives. */
  private change(to: Partial<RowsQuestion>): void {
    void this.rows.change(to).then(() => {
      if ('offset' in to) {
        this.table.element.scrollTop = 0;
      }
    });
  }

  /** Change the view of the same answer. */
  private set(to: Look): void {
    Object.assign(this, to);
    this.draw();
  }

  /** Change the columns; parameters that were not asked for arrive later. */
  private arrange(act: () => void): void {
    act();
    this.draw();
    if (this.registry && this.rows.setParams(this.columns.params(this.registry))) {
      void this.rows.ask();
    }
  }

  private mark(row: Row): void {
    const marked = new Map(this.marked);
    if (!marked.delete(row.commit)) {
      marked.set(row.commit, row);
    }
    this.set({ marked });
  }

  private done(done: ActionResult): void {
    this.pager.say(done.text);
    void this.refresh();
  }

  private draw(): void {
    const { registry, opened, marked } = this;
    const { page, trouble } = this.rows;
    const { query, every } = this.rows.answered;
    const { columns } = this;
    columns.update({ registry, page, every, sharing: this.sharing.answer });
    const remarks = { trouble, hint: page?.hint ?? '' };
    this.toolbar.draw({ registry, query, every, columns, marked: marked.size, ...remarks });
    const directions = registry?.metricDirections ?? {};
    this.table.draw({ page, columns: columns.visible, directions, opened, marked });
    this.pager.draw(page, this.table.hasBest);
    this.body.classList.toggle('nbm-alone', this.alone);
    drawEmptyNotice(this.table.element, registry, page, every);
  }

  private say(error: unknown): void {
    this.notices.error(error, () => void this.again());
    if (!this.registry) {
      this.rows.page = NO_ROWS;
      this.draw();
    }
  }

  private async again(): Promise<void> {
    this.notices.problems(this.registry);
    if (this.registry) {
      await this.refresh();
    } else {
      this.rows.page = null;
      this.draw();
      await this.begin();
    }
  }
}
