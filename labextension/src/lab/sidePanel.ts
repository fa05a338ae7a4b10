/** The side panel: the active registry as a tree, and the selected version below it. */

import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Debouncer } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import { BoxPanel, SplitPanel, Widget } from '@lumino/widgets';

import { stageReference } from '../view/data/references';
import { fill, h } from '../view/ui/dom';
import { HealthCache } from '../view/ui/healthCache';
import { count } from '../view/data/format';
import type { Registry } from '../view/data/answers';
import { Browser } from './browser';
import { DetailsPane } from './detailsPane';
import { allowDrag } from './dragSource';
import { modelIcon } from './icon';
import type { NotebookLocation, RestSource } from './rest';
import { SidePanelHead } from './sidePanelHead';
import { noticesOf } from './sidePanelNotices';
import { COMMAND, IActiveRegistry, ISettings, ISidePanel, type Selection } from './tokens';
import type { Item } from './tree';
import { TreeView } from './treeView';
import { trans } from './translation';

/** The attribute of the icon with the number of versions that are not seen yet. */
const UNSEEN = 'nbm-unseen';
/** Milliseconds to wait after a key before the registry is searched. */
const SEARCH_DELAY_MS = 150;

export class SidePanel extends BoxPanel implements ISidePanel {
  marked: readonly string[] = [];
  /** Emitted after the panel has shown what it knows of the registry. */
  readonly drawn = new Signal<SidePanel, void>(this);

  constructor(
    private readonly active: IActiveRegistry,
    private readonly settings: ISettings,
    private readonly commands: CommandRegistry,
  ) {
    super({ direction: 'top-to-bottom', spacing: 0 });
    this.id = 'nbmodel-models';
    this.title.icon = modelIcon;
    this.title.caption = trans.__('Models');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Models'));
    this.addClass('nbm');
    this.addClass('nbm-lab');
    this.tree = new TreeView(this.browser, {
      chosen: () => this.showDetails(),
      opened: (item) => this.run(COMMAND.open, refOf(item)),
      monitored: (model, stage) => this.run(COMMAND.monitor, stageReference(model, stage)),
      sighted: (models) => this.healths.look(models),
      health: (model) => this.healths.of(model),
      marked: () => this.marked,
      metric: () => this.settings.now.metric,
    });
    this.head = new SidePanelHead(this.commands, {
      typed: () => void this.searching.invoke(),
      cleared: () => void this.browser.search(''),
      left: () => this.tree.focus(),
    });
    this.headWidget = new Widget({ node: this.head.node });
    this.details = new DetailsPane({
      open: (ref) => void this.runShown(COMMAND.open, ref),
      checkout: (ref) => void this.runShown(COMMAND.checkout, ref),
    });
    allowDrag(this.tree.node, (element) => this.draggedRef(element));
    this.build();
    this.browser.changed.connect(this.draw, this);
    this.connect();
    active.moved.connect(() => this.connect());
    active.statusChanged.connect(() => {
      if (this.browser.error) {
        void this.browser.reload(); // a cell may have created the registry
      }
    });
    settings.changed.connect(this.applySettings, this);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.searching.dispose();
      this.browser.dispose();
      this.healths.dispose();
      this.tree.dispose();
      super.dispose();
    }
  }

  get source(): RestSource {
    return this.browser.answered ?? this.latest;
  }

  get place(): NotebookLocation {
    return this.source.place;
  }

  /** The registry on view; null if there is none. */
  get registry(): Registry | null {
    return this.browser.error ? null : this.browser.registry;
  }

  get stages(): readonly string[] {
    return this.browser.registry?.stages ?? [];
  }

  get selection(): Selection | null {
    return this.chosenIn(this.tree.active);
  }

  under(node: HTMLElement | undefined): Selection | null {
    return node ? this.chosenIn(this.tree.itemOf(node)) : this.selection;
  }

  /** Show on the icon how many versions are not seen yet. */
  showUnseen(unseen: number): void {
    const { title } = this;
    const { [UNSEEN]: _, ...dataset } = title.dataset;
    title.dataset = unseen ? { ...dataset, [UNSEEN]: unseen > 99 ? '99+' : `${unseen}` } : dataset;
    title.caption = unseen
      ? trans._n('Models: %2 new version', 'Models: %2 new versions', unseen, count(unseen))
      : trans.__('Models');
  }

  mark(ref: string): void {
    this.marked = this.marked.includes(ref)
      ? this.marked.filter((each) => each !== ref)
      : [...this.marked.slice(-1), ref];
    this.draw();
  }

  reload(): Promise<void> {
    return this.browser.reload();
  }

  loaded(): Promise<void> {
    return this.loading;
  }

  reveal(): void {
    this.revealing();
    this.tree.focus();
  }

  /** Set by the plugin that adds the panel to the shell. */
  revealing: () => void = () => undefined;

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.browser.reload(); // nothing was loaded while the panel was hidden
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.tree.focus();
  }

  /** Load the registry of the active notebook. */
  private connect(): void {
    const source = this.active.source(this.active.place, () => this.isVisible);
    const before = this.browser.registry?.id;
    const loading = this.browser.use(source).then(() => {
      if (loading !== this.loading) {
        return; // another registry is active by now
      }
      // The kernel may only have named the registry that is already shown. Marks stay then.
      const same = this.browser.registry?.id === before;
      this.healths.use(source, same);
      if (!same) {
        this.marked = [];
        this.draw();
      }
    });
    this.latest = source;
    this.loading = loading;
  }

  private applySettings(): void {
    this.browser.tree.sort = this.settings.now.sort;
    this.connect();
  }

  private chosenIn(item: Item | undefined): Selection | null {
    if (this.browser.error) {
      return null;
    }
    if (item?.kind === 'model') {
      return { model: item.entry, row: item.entry.latest };
    }
    if (item?.kind === 'version') {
      return { model: item.entry, row: item.row };
    }
    if (item?.kind === 'branch') {
      const model = this.browser.tree.find(item.model);
      const row = this.browser.tree.logs.get(item.key)?.rows[0];
      return model && row ? { model, row } : null;
    }
    return null;
  }

  private draggedRef(element: Element): string {
    return this.chosenIn(this.tree.itemOf(element))?.row.ref ?? '';
  }

  private run(command: string, ref: string): void {
    void this.commands.execute(command, { ref });
  }

  /** Run a button of the details, unless they have changed to another version in the meantime. */
  private async runShown(command: string, ref: string): Promise<void> {
    const details = this.detailed;
    await this.loading;
    if (details === this.detailed) {
      this.run(command, ref);
    }
  }

  private build(): void {
    this.browser.tree.sort = this.settings.now.sort;
    const head = this.headWidget;
    const tree = new Widget({
      node: h('div', { class: 'nbm-lab-container' }, this.noticeArea, this.tree.node),
    });
    const details = new Widget({ node: this.details.node });
    const split = new SplitPanel({ orientation: 'vertical', spacing: 4 });
    split.addClass('nbm-lab-split');
    split.addWidget(tree);
    split.addWidget(details);
    split.setRelativeSizes([3, 2]);
    this.addWidget(head);
    this.addWidget(split);
    BoxPanel.setStretch(head, 0);
    BoxPanel.setStretch(split, 1);
    this.draw();
  }

  /** Show the version of the active line. */
  private showDetails(): void {
    const { selection } = this;
    this.detailed = this.keyOf(selection);
    if (selection) {
      void this.details.show(this.source, selection.row.ref);
    } else {
      this.details.clear();
    }
  }

  /** The registry and the version of a selection; empty without one. */
  private keyOf(selection: Selection | null): string {
    return selection
      ? JSON.stringify([this.browser.registry?.id, selection.row.ref, selection.row.commit])
      : '';
  }

  private draw(): void {
    const { registry } = this;
    const { error } = this.browser;
    if (registry && registry.state !== this.state) {
      this.state = registry.state;
      this.healths.renew();
    }
    this.head.draw(registry, registry && this.browser.sharing);
    BoxPanel.setSizeBasis(this.headWidget, this.head.height);
    fill(this.noticeArea, noticesOf(this.browser));
    this.noticeArea.hidden = this.noticeArea.childElementCount === 0;
    this.tree.node.hidden = error !== null || !this.browser.tree.models.length;
    this.tree.draw();
    if (this.detailed !== this.keyOf(this.selection)) {
      this.showDetails();
    }
    this.drawn.emit();
  }

  private readonly browser = new Browser<RestSource>();
  private readonly searching = new Debouncer(
    () => this.browser.search(this.head.query),
    SEARCH_DELAY_MS,
  );
  private readonly head: SidePanelHead;
  private readonly headWidget: Widget;
  private readonly tree: TreeView;
  private readonly details: DetailsPane;
  private readonly healths = new HealthCache(
    () => this.isVisible && !document.hidden,
    () => this.tree.draw(),
  );
  /** What the details show; see `keyOf`. */
  private detailed = '';
  /** The source of the active notebook's registry, which may still be loading. */
  private latest!: RestSource;
  /** Ends when the tree shows the registry of the active notebook. */
  private loading: Promise<void> = Promise.resolve();
  private state = '';
  private readonly noticeArea = h('div', { class: 'nbm-lab-notices', 'aria-live': 'polite' });
}

/** The reference of a line; empty for a branch and for the line that loads more. */
function refOf(item: Item): string {
  if (item.kind === 'model') {
    return item.entry.latest.ref;
  }
  return item.kind === 'version' ? item.name : '';
}
