/** Notifies the user of each alert once: when it starts to fire. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { Poll } from '@lumino/polling';

import type { Firing } from '../view/data/monitorReport';
import { notifyWarning } from './notifications';
import { toRequestError } from './rest';
import { COMMAND, IActiveRegistry } from './tokens';
import { trans } from './translation';

/** Milliseconds between two requests while the page is visible. */
const POLL_MS = 30_000;
/** Most notices that are remembered; the oldest are forgotten. */
const MAX_NOTICES = 1000;
/** Most notifications at a time; the side panel shows the others. */
const MAX_AT_ONCE = 3;
/** The name under which the browser remembers them, for all tabs of this server. */
const STORAGE_KEY = 'nbmodel-lab:alerts';

type Stage = Firing['stages'][number];

/** Alerts that still fire and of which the user has been notified. */
export class SeenAlerts {
  constructor(private readonly storage: Storage) {}

  /** Return the stages with an alert that is new; forget the alerts that no longer fire. */
  take({ registry, stages }: Firing): Stage[] {
    const before = this.read();
    const keysOf = ({ version, subject, alerts }: Stage): string[] =>
      alerts.map((id) => JSON.stringify([registry, subject, version, id]));
    const newStages = stages.filter((stage) => keysOf(stage).some((key) => !before.includes(key)));
    const prefix = `[${JSON.stringify(registry)},`;
    const others = before.filter((key) => !key.startsWith(prefix));
    this.write([...others, ...stages.flatMap(keysOf)].slice(-MAX_NOTICES));
    return newStages;
  }

  private read(): string[] {
    try {
      const stored: unknown = JSON.parse(this.storage.getItem(STORAGE_KEY) ?? '[]');
      return Array.isArray(stored) ? stored.filter((key) => typeof key === 'string') : [];
    } catch {
      return []; // another program wrote it, or the browser refuses storage
    }
  }

  private write(keys: readonly string[]): void {
    try {
      this.storage.setItem(STORAGE_KEY, JSON.stringify(keys));
    } catch (error) {
      console.warn(`nbmodel: the browser does not store which alerts were shown. ${String(error)}`);
    }
  }
}

/** `place` is that of the registry whose alert fires; another one may be in front later. */
function notify(
  app: JupyterFrontEnd,
  { subject, verdict }: Stage,
  place: IActiveRegistry['place'],
): void {
  notifyWarning(verdict, [
    {
      label: trans.__('Monitor'),
      callback: () => void app.commands.execute(COMMAND.open, { monitor: subject, ...place }),
    },
  ]);
}

export const alertNoticesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'nbmodel-lab:alerts',
  description: 'A notification for each alert that starts to fire.',
  autoStart: true,
  requires: [ILabShell, IActiveRegistry],
  activate: (app: JupyterFrontEnd, _shell: ILabShell, active: IActiveRegistry) => {
    const seenAlerts = new SeenAlerts(window.localStorage);
    const poll = new Poll({
      name: 'nbmodel:alerts',
      frequency: { interval: POLL_MS, backoff: true, max: 10 * POLL_MS },
      standby: () => document.hidden || !active.notebook,
      factory: async () => {
        const { place } = active;
        const source = active.source(place, () => false);
        try {
          const newStages = seenAlerts.take(await source.ask('firing', {}));
          newStages.slice(0, MAX_AT_ONCE).forEach((stage) => notify(app, stage, place));
        } catch (error) {
          // Most folders have no registry, and the side panel says what is wrong with others.
          throw toRequestError(error); // the poll waits longer from now on
        }
      },
    });
    active.moved.connect(() => void poll.refresh());
  },
};
