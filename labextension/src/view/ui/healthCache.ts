/** The health of visible stages, loaded separately so that a list never waits for it. */

import type { Health } from '../data/monitorReport';
import { own } from '../data/own';
import type { Source } from '../data/source';
import { toRequestError } from '../tabs/unreadable';

/** Milliseconds after which an answer is requested again while the panel is visible. */
export const STALE_MS = 30_000;
/** Milliseconds between two checks for stale answers. */
const CHECK_INTERVAL_MS = 1000;
/** Most models in one request. */
const MAX_MODELS = 200;

export class HealthCache {
  /** Why the last request failed; empty if it did not. */
  problem = '';

  /** `watched` says whether the list is visible; `onChange` is called to draw it again. */
  constructor(
    private readonly watched: () => boolean,
    private readonly onChange: () => void,
  ) {
    this.timer = setInterval(() => void this.ask(), CHECK_INTERVAL_MS);
  }

  dispose(): void {
    clearInterval(this.timer);
    this.source = null;
  }

  /** Whether an answer about a model has arrived. */
  knows(model: string): boolean {
    return this.answers.has(model);
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

  /** Request what is stale, because the list has become visible. */
  renewStale(): void {
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
        this.problem = '';
        models.forEach((model) => this.answers.set(model, own(health, model) ?? []));
        this.onChange();
      }
    } catch (error) {
      // The list is useful without health, which is requested again when it is stale.
      this.problem = toRequestError(error).message;
      console.warn(`nbmodel: ${this.problem}`);
      if (source === this.source) {
        this.onChange();
      }
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
