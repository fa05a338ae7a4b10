/**
 * The drawing of the tree: one element for each line, which stays while its facts stay the same.
 */

import { fill, h, setProps } from '../view/ui/dom';
import type { Browser } from './browser';
import { step, typeAhead, type Item } from './tree';
import { Ruler } from './ruler';
import { content, factsOf, layoutOf, type TreeHandlers } from './treeRow';
import { trans } from './translation';

/** Milliseconds within which typed letters belong to one word. */
const TYPING_MS = 700;

/** Draws the tree of a `Browser` into an element, and moves the focus between its rows. */
export class TreeView {
  readonly node = h('div', {
    class: 'nbm-lab-tree',
    role: 'tree',
    'aria-label': trans.__('Models'),
    onclick: (event: MouseEvent) => this.click(event),
    ondblclick: (event: MouseEvent) => this.doubleClick(event),
    onkeydown: (event: KeyboardEvent) => this.keydown(event),
    oncontextmenu: (event: MouseEvent) => this.choose(this.at(event)),
  });

  constructor(
    private readonly browser: Browser,
    private readonly handlers: TreeHandlers,
  ) {
    this.observer = new IntersectionObserver((entries) => this.sight(entries));
    this.sizes = new ResizeObserver(([entry]) => this.resize(entry!.contentRect.width));
    this.sizes.observe(this.node);
  }

  dispose(): void {
    this.observer.disconnect();
    this.sizes.disconnect();
    this.node.remove();
  }

  /** The line that has the keyboard focus. */
  get active(): Item | undefined {
    return this.items.find((item) => item.key === this.activeKey);
  }

  /** The line that contains an element. */
  itemOf(element: Element | null | undefined): Item | undefined {
    const key = element?.closest<HTMLElement>('[data-key]')?.dataset.key;
    return this.items.find((item) => item.key === key);
  }

  /** Place the lines; lines with the same facts stay untouched. */
  draw(): void {
    const focused = this.node.contains(document.activeElement);
    const place = this.items.findIndex((item) => item.key === this.activeKey);
    this.items = this.browser.tree.items();
    this.ruler.readFonts();
    if (!this.active) {
      // The active line is gone. Take the line in its place, such as the first version after a
      // wait.
      this.activeKey = this.items[Math.min(Math.max(place, 0), this.items.length - 1)]?.key ?? '';
    }
    const rows = new Map<string, Drawn>();
    let before: ChildNode | null = this.node.firstChild;
    for (const item of this.items) {
      const row = this.row(item);
      rows.set(item.key, row);
      if (row.element === before) {
        before = before.nextSibling;
      } else {
        this.node.insertBefore(row.element, before);
      }
    }
    for (const [key, { element }] of this.rows) {
      if (!rows.has(key)) {
        this.observer.unobserve(element);
        element.remove();
      }
    }
    this.rows = rows;
    this.look();
    if (focused && !this.node.contains(document.activeElement)) {
      this.rows.get(this.activeKey)?.element.focus({ preventScroll: true });
    }
  }

  focus(): void {
    this.rows.get(this.activeKey)?.element.focus();
  }

  private row(item: Item): Drawn {
    const drawn = this.rows.get(item.key) ?? this.create(item);
    const facts = factsOf(item, this.browser, this.handlers);
    const layout = layoutOf(item, facts, this.ruler, this.room);
    const print = JSON.stringify([item.level, item.position, item.siblings, facts, layout]);
    if (drawn.print !== print) {
      drawn.print = print;
      setProps(drawn.element, {
        'aria-level': item.level,
        'aria-posinset': item.position,
        'aria-setsize': item.siblings,
        'aria-expanded': facts.open,
        'data-ref': facts.ref,
        title: facts.title,
        style: { '--nbm-lab-level': String(item.level - 1) },
      });
      fill(drawn.element, content(facts, layout));
      drawn.element.classList.toggle('nbm-lab-tall', layout.hasTwoLines);
    }
    const active = item.key === this.activeKey;
    setProps(drawn.element, { tabindex: active ? 0 : -1, 'aria-selected': active });
    drawn.element.classList.toggle('nbm-lab-fresh', this.isFresh(item));
    return drawn;
  }

  private create(item: Item): Drawn {
    const kind = `nbm-lab-row nbm-lab-${item.kind}`;
    const element = h('div', { class: kind, role: 'treeitem', 'data-key': item.key });
    if (item.kind === 'model') {
      this.observer.observe(element);
    }
    return { element, print: '' };
  }

  private isFresh(item: Item): boolean {
    const commits: Partial<Record<Item['kind'], () => string>> = {
      model: () => (item.kind === 'model' ? item.entry.latest.commit : ''),
      version: () => (item.kind === 'version' ? item.row.commit : ''),
    };
    return this.browser.fresh.has(commits[item.kind]?.() ?? '');
  }

  private sight(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const name = this.itemOf(target)?.name;
      if (name !== undefined && isIntersecting) {
        this.visibleNames.add(name);
      } else if (name !== undefined) {
        this.visibleNames.delete(name);
      }
    }
    this.look();
  }

  private look(): void {
    const names = [...this.visibleNames].filter((name) => this.browser.tree.find(name));
    void this.browser.look(names);
    this.handlers.sighted(names);
  }

  /** Lay out the lines for another width; a hidden panel has none. */
  private resize(width: number): void {
    if (width && width !== this.room) {
      this.room = width;
      this.draw();
    }
  }

  private at(event: Event): Item | undefined {
    return this.itemOf(event.target instanceof Element ? event.target : null);
  }

  private click(event: MouseEvent): void {
    const item = this.at(event);
    this.choose(item);
    if (item?.kind === 'more') {
      void this.browser.more(item.model, item.branch);
    } else if (item && event.detail < 2) {
      const chip = (event.target as Element).closest<HTMLElement>('.nbm-lab-watched');
      if (chip && 'entry' in item) {
        this.handlers.monitored(item.entry.name, chip.dataset.stage ?? '');
        return;
      }
      const twisty = (event.target as Element).closest('.nbm-lab-twisty');
      if (twisty || item.kind === 'branch') {
        void this.browser.toggle(item);
      } else if (item.kind === 'model' && !item.open) {
        void this.browser.toggle(item, true);
      }
    }
  }

  private doubleClick(event: MouseEvent): void {
    const item = this.at(event);
    if (item?.kind === 'version' || item?.kind === 'model') {
      this.handlers.opened(item);
    }
  }

  private choose(item: Item | undefined): void {
    if (!item) {
      return;
    }
    this.activeKey = item.key;
    this.draw();
    const row = this.rows.get(item.key)?.element;
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: 'nearest' });
    this.handlers.chosen(item);
  }

  private keydown(event: KeyboardEvent): void {
    const active = this.items.findIndex((item) => item.key === this.activeKey);
    const item = this.items[active];
    if (!item || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      this.contextMenu(item);
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.enter(item);
    } else if (OPENS[event.key] !== undefined && 'open' in item && item.open !== OPENS[event.key]) {
      void this.browser.toggle(item, OPENS[event.key]);
    } else {
      const next = step(this.items, active, event.key) ?? this.typed(active, event.key);
      if (next === null) {
        return;
      }
      this.choose(this.items[next]);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private enter(item: Item): void {
    const ways: Record<Item['kind'], () => void> = {
      model: () => this.handlers.opened(item),
      version: () => this.handlers.opened(item),
      branch: () => void this.browser.toggle(item),
      more: () => item.kind === 'more' && void this.browser.more(item.model, item.branch),
    };
    ways[item.kind]();
  }

  private typed(active: number, key: string): number | null {
    if (key.length !== 1) {
      return null;
    }
    const now = Date.now();
    this.letters = now - this.typedAt < TYPING_MS ? this.letters + key : key;
    this.typedAt = now;
    return typeAhead(this.items, active, this.letters);
  }

  /** JupyterLab opens its menu at the position of the event, and a keyboard event has none. */
  private contextMenu(item: Item): void {
    const element = this.rows.get(item.key)?.element;
    const place = element?.getBoundingClientRect();
    element?.dispatchEvent(
      new MouseEvent('contextmenu', {
        bubbles: true,
        cancelable: true,
        clientX: (place?.left ?? 0) + 32,
        clientY: place?.bottom ?? 0,
      }),
    );
  }

  private readonly observer: IntersectionObserver;
  private readonly sizes: ResizeObserver;
  private readonly ruler = new Ruler(this.node);
  /** Pixels for a line. */
  private room = Infinity;
  private items: readonly Item[] = [];
  private rows = new Map<string, Drawn>();
  /** Visible models. */
  private readonly visibleNames = new Set<string>();
  private activeKey = '';
  private letters = '';
  private typedAt = 0;
}

interface Drawn {
  readonly element: HTMLElement;
  print: string;
}

const OPENS: Readonly<Record<string, boolean>> = { ArrowRight: true, ArrowLeft: false };
