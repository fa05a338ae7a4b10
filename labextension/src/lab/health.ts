/** The health of visible stages, loaded separately so that the tree never waits for it. */

import { Signal } from '@lumino/signaling';

import type { Health } from '../view/data/monitorReport';
import type { Source } from '../view/data/source';
import { toRequestError } from './rest';

/** Milliseconds after which an answer is requested again while the panel is visible. */
export const STALE_MS = 30_000;
/** Milliseconds between two checks for stale answers. */
const CHECK_INTERVAL_MS = 1000;
/** Most models in one request. */
const MAX_MODELS = 200;

export class HealthCache {
  /** Emitted when a dot must be drawn again. */
  readonly changed = new Signal<HealthCache, void>(this);

  /** `watched` says whether the panel is visible. */
  constructor(private readonly watched: () => boolean) {
    this.timer = setInterval(() => void this.ask(), CHECK_INTERVAL_MS);
  }

  dispose(): void {
    clearInterval(this.timer);
    this.source = null;
    Signal.clearData(this);
  }

  /** The health of a model's stages; empty until an answer has arrived. */
  of(model: string): readonly Health[] {
    return this.answers.get(model) ?? [];
  }

  /** Use another source; `keep` if it reaches the same registry in another way. */
  use(source: Source, keep: boolean): void {
    this.source = source;
    if (!keep) {
      this.answers.clear();
    }
    this.renew();
  }

  /** Request everything again after a change; earlier answers stay visible until then. */
  renew(): void {
    this.requestTimes.clear();
    void this.ask();
  }

  /** Set the models that are visible now. */
  look(models: readonly string[]): void {
    this.sight = models;
    void this.ask();
  }

  /** Request the health of all visible models with stale answers, one request at a time. */
  private async ask(): Promise<void> {
    const { source } = this;
    const now = Date.now();
    const stale = (model: string): boolean => now - (this.requestTimes.get(model) ?? 0) >= STALE_MS;
    const models = this.sight.filter(stale).slice(0, MAX_MODELS);
    if (!source?.can('health') || !models.length || this.asking || !this.watched()) {
      return;
    }
    this.asking = true;
    models.forEach((model) => this.requestTimes.set(model, now));
    try {
      const { health } = await source.ask('health', { models });
      if (source === this.source) {
        models.forEach((model) => this.answers.set(model, health[model] ?? []));
        this.changed.emit();
      }
    } catch (error) {
      // The tree is useful without dots. They are requested again when they are stale.
      console.warn(`nbmodel: ${toRequestError(error).message}`);
    } finally {
      this.asking = false;
    }
  }

  private source: Source | null = null;
  private sight: readonly string[] = [];
  private asking = false;
  private readonly answers = new Map<string, readonly Health[]>();
  /** When each model was last requested. */
  private readonly requestTimes = new Map<string, number>();
  private readonly timer: ReturnType<typeof setInterval>;
}
