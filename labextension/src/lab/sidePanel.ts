/** The side panel: the active registry as a tree, and the selected version below it. */

import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Debouncer } from '@lumino/polling';
import { BoxPanel, SplitPanel, Widget } from '@lumino/widgets';

import { fill, h, notice } from '../view/ui/dom';
import { count } from '../view/data/format';
import type { Registry } from '../view/data/answers';
import { Browser } from './browser';
import { DetailsPane } from './detailsPane';
import { HealthCache } from './health';
import { modelIcon } from './icon';
import type { NotebookLocation, RestSource } from './rest';
import { SidePanelHead } from './sidePanelHead';
import { COMMAND, IActiveRegistry, ISettings, ISidePanel, type Selection } from './tokens';
import type { Item } from './tree';
import { TreeView } from './treeView';
import { trans } from './translation';

/** Milliseconds to wait after a key before the registry is searched. */
const SEARCH_DELAY_MS = 150;

export class SidePanel extends BoxPanel implements ISidePanel {
  source: RestSource;
  marked: readonly string[] = [];

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
      chosen: (item) => this.showDetails(item),
      opened: (item) => this.run(COMMAND.open, refOf(item)),
      monitored: (model, stage) => this.run(COMMAND.monitor, `${model}#${stage}`),
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
    this.details = new DetailsPane({
      open: (ref) => this.run(COMMAND.open, ref),
      checkout: (ref) => this.run(COMMAND.checkout, ref),
    });
    this.build();
    this.browser.changed.connect(this.draw, this);
    this.healths.changed.connect(() => this.tree.draw());
    this.source = this.connect();
    active.moved.connect(() => (this.source = this.connect()));
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

  get place(): NotebookLocation {
    return this.source.place;
  }

  get stages(): readonly string[] {
    return this.browser.registry?.stages ?? [];
  }

  get chosen(): Selection | null {
    return this.chosenIn(this.tree.active);
  }

  under(node: HTMLElement | undefined): Selection | null {
    return node ? this.chosenIn(this.tree.itemOf(node)) : this.chosen;
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

  private connect(): RestSource {
    const source = this.active.source(this.active.place, () => this.isVisible);
    const before = this.browser.registry?.path;
    void this.browser.use(source).then(() => {
      // The kernel may only have named the registry that is already shown. Marks stay then.
      const same = this.browser.registry?.path === before;
      this.healths.use(source, same);
      if (!same) {
        this.marked = [];
        this.draw();
      }
    });
    return source;
  }

  private applySettings(): void {
    this.browser.tree.sort = this.settings.now.sort;
    this.source = this.connect();
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

  private run(command: string, ref: string): void {
    void this.commands.execute(command, { ref });
  }

  private build(): void {
    this.browser.tree.sort = this.settings.now.sort;
    const head = new Widget({ node: this.head.node });
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
    BoxPanel.setSizeBasis(head, 68);
    BoxPanel.setStretch(head, 0);
    BoxPanel.setStretch(split, 1);
    this.draw();
  }

  private showDetails(item: Item): void {
    const chosen = this.chosenIn(item);
    this.detailed = chosen?.row.ref ?? '';
    if (chosen) {
      void this.details.show(this.source, chosen.row.ref);
    } else {
      this.details.clear();
    }
  }

  private draw(): void {
    const { error } = this.browser;
    const registry = error ? null : this.browser.registry;
    if (registry && registry.state !== this.state) {
      this.state = registry.state;
      this.healths.renew();
    }
    this.head.draw(registry);
    fill(this.noticeArea, this.notices(registry));
    this.noticeArea.hidden = this.noticeArea.childElementCount === 0;
    this.tree.node.hidden = error !== null || !this.browser.tree.models.length;
    this.tree.draw();
    if (this.detailed && (error || !this.tree.active)) {
      this.detailed = '';
      this.details.clear();
    }
    if (!this.detailed && !error && this.tree.active) {
      this.showDetails(this.tree.active);
    }
  }

  /** Notices above the tree, or in its place. */
  private notices(registry: Registry | null): HTMLElement[] {
    const { error, query, tree } = this.browser;
    if (error) {
      // Every user begins with a folder without models, so this is not shown as an error.
      const kind = error.kind === 'RegistryNotFound' ? 'empty' : 'error';
      return [notice(kind, error.what, error.hint)];
    }
    if (!registry) {
      return [];
    }
    if (!tree.models.length) {
      return query
        ? [
            notice(
              'empty',
              trans.__('No model matches %1.', query),
              trans.__('Clear the search with Escape.'),
            ),
          ]
        : [notice('empty', trans.__('There are no models yet.'), registry.hint)];
    }
    const lost = registry.unreadable.length;
    const some = trans._n(
      '%2 version cannot be read.',
      '%2 versions cannot be read.',
      lost,
      count(lost),
    );
    return lost ? [notice('warning', some, registry.unreadable[0]!.reason)] : [];
  }

  private readonly browser = new Browser();
  private readonly searching = new Debouncer(
    () => this.browser.search(this.head.query),
    SEARCH_DELAY_MS,
  );
  private readonly head: SidePanelHead;
  private readonly tree: TreeView;
  private readonly details: DetailsPane;
  private readonly healths = new HealthCache(() => this.isVisible && !document.hidden);
  private detailed = '';
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
