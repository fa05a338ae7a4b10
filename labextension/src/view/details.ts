/** The details of one version, or the comparison of several. */

import { drawComparison } from './tabs/compare';
import { TABS } from './contents';
import { skeleton, fill, h, notice, type Child } from './ui/dom';
import { heading } from './tabs/heading';
import type { ActionResult, Registry, Version } from './data/answers';
import type { Route } from './data/route';
import { RequestError, type Source } from './data/source';
import { closeButton, closeLine } from './ui/closeButton';
import { focusKey, isField } from './ui/focus';
import { drawTabs, type Tabs } from './ui/tabs';
import { trans } from './translation';

export interface DetailsContext {
  source: Source;
  /** The element that holds dialogs. */
  host: HTMLElement;
  registry(): Registry;
  /** The registry was changed. */
  done(done: ActionResult): void;
  /** Report an error that no dialog shows. */
  failed(error: RequestError): void;
  /** A version is shown; an empty commit means that none is. */
  shown(commit: string): void;
  /** Another view is shown. */
  route(route: Route): void;
  /** The pane was closed while it had the focus. */
  closed(): void;
}

interface Shown {
  version: Version;
  /** Differs if anything that the pane shows has changed. */
  state: string;
  tabs: Tabs;
  head: HTMLElement;
}

/** The pane, closed at first; `open` and `compare` show something in it. */
export class Details {
  readonly element = h('section', {
    class: 'nbm-details',
    'aria-label': trans.__('Details'),
    hidden: true,
  });
  /** Counts the requests, so that answers to older ones are ignored. */
  private request = 0;
  private shown: Shown | null = null;
  private compared: readonly string[] = [];
  private tab = TABS[0]?.name ?? '';
  private drawings = new Map<string, HTMLElement>();
  /** Whether the card opens in its editor. */
  private editing = false;

  constructor(private readonly context: DetailsContext) {
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !isField(event.target)) {
        this.close();
      }
    });
  }

  /** Open a version, at `tab` or at the same tab as before; `edit` opens the card's editor. */
  async open(ref: string, tab?: string, edit = false): Promise<void> {
    const request = this.begin();
    if (!this.shown) {
      fill(this.element, skeleton(6));
    }
    const version = await this.attempt(() => this.context.source.ask('version', { ref }));
    if (request === this.request && version) {
      this.compared = [];
      this.tab = tab ?? this.tab;
      this.show(version, edit);
    }
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  get heading(): HTMLElement | null {
    return this.element.querySelector('h2');
  }

  async compare(refs: readonly string[]): Promise<void> {
    const request = this.begin();
    const body = h('div', { class: 'nbm-comparison' }, skeleton(8));
    this.shown = null;
    this.compared = refs;
    this.context.shown('');
    this.context.route({ view: 'compare', refs });
    fill(
      this.element,
      closeLine(this.close, h('h2', { tabindex: -1 }, trans.__('Comparison'))),
      body,
    );
    await this.attempt(async () => {
      const { source } = this.context;
      const drawing = await drawComparison(
        {
          source,
          directions: this.context.registry().metricDirections,
          open: (ref) => void this.open(ref),
        },
        refs,
      );
      if (request === this.request) {
        fill(body, drawing);
      }
    }, body);
  }

  /** Load the version again; keeps the tab, the scroll position and the focus. */
  async refresh(): Promise<void> {
    const before = this.shown;
    if (!before || this.compared.length > 0) {
      return;
    }
    const { request } = this;
    const { model, commit } = before.version.row;
    const ref = `${model}@${commit}`;
    const version = await this.attempt(() =>
      this.context.source.ask('version', { ref }).catch((error: unknown) => {
        if (request === this.request && error instanceof RequestError && GONE.has(error.kind)) {
          this.close();
          return null;
        }
        throw error;
      }),
    );
    if (request !== this.request || !version || !this.shown) {
      return;
    }
    const state = await this.stateOf(version);
    this.drawings = keep(this.drawings, this.tab);
    if (request !== this.request) {
      return;
    }
    if (state !== before.state) {
      this.shown = { ...before, version, state };
      await this.redraw(this.shown);
    } else if (TABS.find(({ name }) => name === this.tab)?.ofModel) {
      await this.redrawTab();
    }
  }

  readonly close = (): void => {
    const focused = this.element.contains(document.activeElement);
    this.request += 1;
    this.shown = null;
    this.compared = [];
    this.element.hidden = true;
    this.element.replaceChildren();
    this.context.shown('');
    this.context.route({ view: 'versions' });
    if (focused) {
      this.context.closed();
    }
  };

  private begin(): number {
    this.request += 1;
    this.element.hidden = false;
    return this.request;
  }

  /** Draw a version that changed, except for a live tab or one in which the user is writing. */
  private async redraw({ version, head, tabs }: Shown): Promise<void> {
    const focus = focusKey(head);
    fill(head, this.headOf(version));
    head.querySelector<HTMLElement>(`[data-key="${focus}"]`)?.focus({ preventScroll: true });
    const live = TABS.find(({ name }) => name === this.tab)?.live;
    const writing = isField(document.activeElement) && tabs.body.contains(document.activeElement);
    if (!live && !writing) {
      await this.redrawTab();
    }
  }

  /** Run `act`, and show its error. */
  private async attempt<T>(
    act: () => Promise<T>,
    container: HTMLElement = this.element,
  ): Promise<T | undefined> {
    const { request, element } = this;
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      const trouble = notice('error', error.what, error.hint);
      if (request === this.request && (!this.shown || container !== element)) {
        fill(container, container === element && closeLine(this.close), trouble);
      } else if (request === this.request) {
        this.say(trouble);
      }
      return undefined;
    }
  }

  /** Show a notice below the head of the version, in the place of the one before. */
  private say(trouble: HTMLElement): void {
    const head = this.shown?.head;
    head?.querySelector(':scope > .nbm-notice')?.remove();
    head?.append(trouble);
  }

  /** The state for `Shown`: it also changes when the model gets another version. */
  private async stateOf(version: Version): Promise<string> {
    const { source } = this.context;
    const { model } = version.row;
    const newest = source.can('log')
      ? await source.ask('log', { model, limit: 1 }).catch((error: unknown) => String(error))
      : null;
    return JSON.stringify([version, newest]);
  }

  private show(version: Version, edit: boolean): void {
    const { element, context } = this;
    const top = this.shown?.tabs.body.scrollTop ?? 0;
    const same = this.shown?.version.row.commit === version.row.commit;
    const focused = element.contains(document.activeElement);
    this.drawings = new Map();
    const head = h('div', { class: 'nbm-details-head' }, this.headOf(version));
    const entries = TABS.filter(({ fits }) => fits?.(context.source) ?? true);
    if (!entries.some(({ name }) => name === this.tab)) {
      this.tab = entries[0]?.name ?? ''; // such as the monitor in a page on disk
    }
    const label = trans.__('About %1', version.row.ref);
    const tabs = drawTabs(entries, label, (name) => void this.choose(name));
    const shown: Shown = { version, state: '', tabs, head };
    this.shown = shown;
    void this.stateOf(version).then((state) => {
      shown.state ||= state;
    });
    fill(element, head, tabs.element);
    this.editing = edit;
    tabs.choose(this.tab);
    tabs.body.scrollTop = same ? top : 0;
    context.shown(version.row.commit);
    if (focused) {
      head.querySelector('h2')?.focus({ preventScroll: true });
    }
  }

  private async choose(name: string): Promise<void> {
    this.tab = name;
    const body = this.shown?.tabs.body;
    if (!body) {
      return;
    }
    this.context.route({ view: 'version', ref: this.shown?.version.row.ref ?? '', tab: name });
    const drawing = this.drawings.get(name);
    if (drawing) {
      fill(body, drawing);
      return;
    }
    const container = h('div', { class: 'nbm-tab-container' }, skeleton(8));
    this.drawings.set(name, container);
    fill(body, container);
    await this.drawTab(name, container);
  }

  private async redrawTab(): Promise<void> {
    const container = h('div', { class: 'nbm-tab-container' });
    const name = this.tab;
    const body = this.shown?.tabs.body;
    await this.drawTab(name, container);
    if (body && name === this.tab && body === this.shown?.tabs.body) {
      const top = body.scrollTop;
      this.drawings.set(name, container);
      fill(body, container);
      body.scrollTop = top;
    }
  }

  private async drawTab(name: string, container: HTMLElement): Promise<void> {
    const { context } = this;
    const version = this.shown?.version;
    const entry = TABS.find((each) => each.name === name);
    if (!version || !entry) {
      return;
    }
    const registry = context.registry();
    const edit = this.editing && name === 'card';
    this.editing = false;
    await this.attempt(async () => {
      const drawing = await entry.draw({
        source: context.source,
        version,
        registry,
        open: (ref) => void this.open(ref),
        compare: (one, other) => void this.compare([one, other]),
        host: context.host,
        done: (done) => context.done(done),
        readOnly: registry.readOnly,
        edit,
      });
      fill(container, drawing);
    }, container);
  }

  private headOf(version: Version): Child {
    const { source, host, done, failed } = this.context;
    const registry = this.context.registry();
    return heading({ source, registry, version, host, done, failed }, closeButton(this.close));
  }
}

/** Kinds of the error about a version that was deleted. */
const GONE = new Set(['NotFound', 'InTrash']);

/** Drop all drawings but the visible one. */
function keep(drawn: ReadonlyMap<string, HTMLElement>, name: string): Map<string, HTMLElement> {
  return new Map([...drawn].filter(([each]) => each === name));
}
