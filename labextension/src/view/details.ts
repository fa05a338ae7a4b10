/** What is known about one version, or what changed between several. */

import { drawComparison } from './tabs/compare';
import { TABS } from './contents';
import { skeleton, fill, h, icon, notice, type Child } from './ui/dom';
import { heading } from './tabs/heading';
import {
  RequestError,
  type ActionResult,
  type Registry,
  type Source,
  type Version,
} from './data/source';
import { drawTabs, type Tabs } from './ui/tabs';

export interface DetailsContext {
  source: Source;
  /** Where dialogs live. */
  host: HTMLElement;
  registry(): Registry;
  /** Something was done to the registry. */
  done(done: ActionResult): void;
  /** A version is shown, or with an empty commit none. */
  shown(commit: string): void;
  /** The pane was closed by who had the focus in it. */
  closed(): void;
}

export interface Details {
  element: HTMLElement;
  /** `tab` is the one to begin with, else it stays the same; `edit` opens the card's text. */
  open(ref: string, tab?: string, edit?: boolean): Promise<void>;
  compare(refs: readonly string[]): Promise<void>;
  /** Ask again for what is shown; keeps the tab, what was scrolled and what has the focus. */
  refresh(): Promise<void>;
  close(): void;
}

interface Shown {
  version: Version;
  /** What tells whether anything about it changed. */
  state: string;
  tabs: Tabs;
  head: HTMLElement;
}

/** The pane, closed; `open` and `compare` show something in it. */
export function makeDetails(context: DetailsContext): Details {
  const { source } = context;
  const element = h('section', { class: 'nbm-details', 'aria-label': 'Details', hidden: true });
  let asked = 0;
  let shown: Shown | null = null;
  let compared: readonly string[] = [];
  let tab = TABS[0]?.name ?? '';
  let drawn = new Map<string, HTMLElement>();

  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.defaultPrevented && !isField(event.target)) {
      close();
    }
  });

  async function open(ref: string, first?: string, edit = false): Promise<void> {
    const turn = begin();
    if (!shown) {
      fill(element, skeleton(6));
    }
    const answer = await attempt(async () => ({
      version: await source.ask('version', { ref }),
    }));
    if (turn === asked && answer) {
      compared = [];
      tab = first ?? tab;
      show(answer.version, edit);
    }
  }

  async function compare(refs: readonly string[]): Promise<void> {
    const turn = begin();
    const body = h('div', { class: 'nbm-comparison' }, skeleton(8));
    shown = null;
    compared = refs;
    context.shown('');
    fill(
      element,
      h(
        'header',
        { class: 'nbm-details-head' },
        h(
          'div',
          { class: 'nbm-details-title' },
          h('h2', { tabindex: -1 }, 'Comparison'),
          h('span', { class: 'nbm-space' }),
          closeButton(),
        ),
      ),
      body,
    );
    await attempt(async () => {
      const drawing = await drawComparison({ source, open: (ref) => void open(ref) }, refs);
      if (turn === asked) {
        fill(body, drawing);
      }
    }, body);
  }

  async function refresh(): Promise<void> {
    if (!shown) {
      return;
    }
    const turn = asked;
    const before = shown;
    const { model, commit } = before.version.row;
    const version = await attempt(() => source.ask('version', { ref: `${model}@${commit}` }));
    if (turn !== asked || !version || !shown) {
      return;
    }
    const state = await stateOf(version);
    drawn = keep(drawn, tab);
    if (state !== before.state && turn === asked) {
      shown = { ...before, version, state };
      const focus = focusKey(before.head);
      fill(before.head, headOf(version));
      before.head
        .querySelector<HTMLElement>(`[data-key="${focus}"]`)
        ?.focus({ preventScroll: true });
      const live = TABS.find(({ name }) => name === tab)?.live;
      const writing =
        isField(document.activeElement) && before.tabs.body.contains(document.activeElement);
      if (!live && !writing) {
        await redrawTab();
      }
    }
  }

  function begin(): number {
    asked += 1;
    element.hidden = false;
    return asked;
  }

  function close(): void {
    const focused = element.contains(document.activeElement);
    asked += 1;
    shown = null;
    compared = [];
    element.hidden = true;
    element.replaceChildren();
    context.shown('');
    if (focused) {
      context.closed();
    }
  }

  /** Do it; what is refused is shown, in words. */
  async function attempt<T>(
    act: () => Promise<T>,
    room: HTMLElement = element,
  ): Promise<T | undefined> {
    const turn = asked;
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      if (turn === asked && (!shown || room !== element)) {
        fill(room, room === element && closeButton(), notice('error', error.what, error.hint));
      } else if (turn === asked) {
        shown?.head.append(notice('error', error.what, error.hint));
      }
      return undefined;
    }
  }

  /** Changes when the version does, or when its model got another one. */
  async function stateOf(version: Version): Promise<string> {
    const { model } = version.row;
    const newest = source.can('log')
      ? await source.ask('log', { model, limit: 1 }).catch((error: unknown) => String(error))
      : null;
    return JSON.stringify([version, newest]);
  }

  function show(version: Version, edit: boolean): void {
    const top = shown?.tabs.body.scrollTop ?? 0;
    const same = shown?.version.row.commit === version.row.commit;
    const focused = element.contains(document.activeElement);
    drawn = new Map();
    const head = h('header', { class: 'nbm-details-head' }, headOf(version));
    const here = TABS.filter(({ fits }) => fits?.(source) ?? true);
    const tabs = drawTabs(here, `About ${version.row.ref}`, (name) => void choose(name));
    shown = { version, state: '', tabs, head };
    const own = shown;
    void stateOf(version).then((state) => {
      own.state ||= state;
    });
    fill(element, head, tabs.element);
    editing = edit;
    tabs.choose(tab);
    tabs.body.scrollTop = same ? top : 0;
    context.shown(version.row.commit);
    if (focused) {
      head.querySelector('h2')?.focus({ preventScroll: true });
    }
  }

  let editing = false;

  async function choose(name: string): Promise<void> {
    tab = name;
    const body = shown?.tabs.body;
    const before = drawn.get(name);
    if (!body || before) {
      if (body && before) {
        fill(body, before);
      }
      return;
    }
    const room = h('div', { class: 'nbm-tab-room' }, skeleton(8));
    drawn.set(name, room);
    fill(body, room);
    await drawTab(name, room);
  }

  async function redrawTab(): Promise<void> {
    const room = h('div', { class: 'nbm-tab-room' });
    const name = tab;
    const body = shown?.tabs.body;
    await drawTab(name, room);
    if (body && name === tab && body === shown?.tabs.body) {
      const top = body.scrollTop;
      drawn.set(name, room);
      fill(body, room);
      body.scrollTop = top;
    }
  }

  async function drawTab(name: string, room: HTMLElement): Promise<void> {
    const version = shown?.version;
    const entry = TABS.find((each) => each.name === name);
    if (!version || !entry) {
      return;
    }
    const registry = context.registry();
    const edit = editing && name === 'card';
    editing = false;
    await attempt(async () => {
      const drawing = await entry.draw({
        source,
        version,
        registry,
        open: (ref) => void open(ref),
        compare: (one, other) => void compare([one, other]),
        host: context.host,
        done: (done) => context.done(done),
        readOnly: registry.readOnly,
        edit,
      });
      fill(room, drawing);
    }, room);
  }

  function headOf(version: Version): Child {
    const { host, done } = context;
    return heading({ source, registry: context.registry(), version, host, done }, closeButton());
  }

  function closeButton(): HTMLElement {
    return h(
      'button',
      {
        type: 'button',
        class: 'nbm-button nbm-button-quiet',
        'data-key': 'close',
        'aria-label': 'Close details',
        title: 'Close (Escape)',
        onclick: close,
      },
      icon('close'),
    );
  }

  return {
    element,
    open,
    compare,
    refresh: () => (compared.length > 0 ? Promise.resolve() : refresh()),
    close,
  };
}

/** Only the drawing that can be seen. */
function keep(drawn: ReadonlyMap<string, HTMLElement>, name: string): Map<string, HTMLElement> {
  return new Map([...drawn].filter(([each]) => each === name));
}

function focusKey(within: HTMLElement): string {
  const active = document.activeElement;
  return active instanceof HTMLElement && within.contains(active)
    ? (active.dataset['key'] ?? '')
    : '';
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, select');
}
