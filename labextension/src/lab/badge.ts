/** The badge on the icon of the side panel: the number of versions that are not seen yet. */

import type { IStateDB } from '@jupyterlab/statedb';
import { Poll } from '@lumino/polling';

import type { Registry } from '../view/data/answers';
import type { Source } from '../view/data/source';
import { toRequestError } from './rest';
import type { SidePanel } from './sidePanel';
import type { IActiveRegistry } from './tokens';
import { afterLook, readSeen, type SeenVersions } from './unseen';

/** The entry of JupyterLab's state database. */
const STORED_KEY = 'nbmodel-lab:seen-versions';
/** Milliseconds between two requests while the panel is hidden, and the most after errors. */
const INTERVAL_MS = 2000;
const MAX_INTERVAL_MS = 10_000;

export class Badge {
  constructor(
    private readonly panel: SidePanel,
    private readonly active: IActiveRegistry,
    private readonly state: IStateDB,
  ) {
    void this.start();
  }

  private async start(): Promise<void> {
    this.seenVersions = readSeen(await this.state.fetch(STORED_KEY));
    const { active, panel } = this;
    panel.drawn.connect(() => panel.registry && this.look(panel.registry));
    active.moved.connect(() => {
      this.source = null;
      void this.poll.refresh();
    });
    await this.poll.start(); // not before, or the first look would replace the stored counts
  }

  /** Look at the active registry while the panel is hidden; a visible panel reports what it loads. */
  private async ask(): Promise<void> {
    const { active } = this;
    const source = (this.source ??= active.source(active.place, () => false));
    try {
      const { state } = await source.ask('state', {});
      const registry = state === this.lastState ? null : await source.ask('registry', {});
      if (registry && source === this.source) {
        this.look(registry);
      }
    } catch (error) {
      // The panel shows the error. A folder without a registry has no versions.
      this.panel.showUnseen(0);
      this.lastState = '';
      throw toRequestError(error); // the poll waits longer from now on
    }
  }

  private look({ id, versions, state }: Registry): void {
    this.lastState = state;
    const isVisible = this.panel.isVisible && !document.hidden;
    const versionCounts = afterLook(this.seenVersions, id, versions, isVisible);
    if (versionCounts[id] !== this.seenVersions[id]) {
      void this.state.save(STORED_KEY, versionCounts);
    }
    this.seenVersions = versionCounts;
    this.panel.showUnseen(versions - (versionCounts[id] ?? versions));
  }

  private seenVersions: SeenVersions = {};
  private source: Source | null = null;
  /** The state of the registry at the last look. */
  private lastState = '';
  private readonly poll = new Poll({
    auto: false,
    name: 'nbmodel:unseen',
    frequency: { interval: INTERVAL_MS, backoff: true, max: MAX_INTERVAL_MS },
    standby: () => document.hidden || this.panel.isVisible,
    factory: () => this.ask(),
  });
}
