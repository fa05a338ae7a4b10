/** How the stages in sight fare: asked beside the tree, which never waits for it. */

import { Signal } from '@lumino/signaling';

import type { Health, Source } from '../view/data/source';
import { toRequestError } from './rest';

/** Milliseconds after which an answer is asked anew while somebody looks. */
export const STALE = 30_000;
/** Milliseconds between two looks whether something is stale. */
const EACH = 1000;
/** Models in one question. */
const MOST = 200;

export class HealthCache {
  /** Something else is to be drawn. */
  readonly changed = new Signal<HealthCache, void>(this);

  /** `watched` says whether anybody looks. */
  constructor(private readonly watched: () => boolean) {
    this.timer = setInterval(() => void this.ask(), EACH);
  }

  dispose(): void {
    clearInterval(this.timer);
    this.source = null;
    Signal.clearData(this);
  }

  /** Of a model's stages, as far as it was told. */
  of(model: string): readonly Health[] {
    return this.known.get(model) ?? [];
  }

  /** Ask another source; `keep` if it is the same registry by another way. */
  use(source: Source, keep: boolean): void {
    this.source = source;
    if (!keep) {
      this.known.clear();
    }
    this.renew();
  }

  /** Something changed: what is known is shown on, and asked anew. */
  renew(): void {
    this.asked.clear();
    void this.ask();
  }

  /** These models are in sight now. */
  look(models: readonly string[]): void {
    this.sight = models;
    void this.ask();
  }

  /** One question at a time, about all that is in sight and stale. */
  private async ask(): Promise<void> {
    const { source } = this;
    const now = Date.now();
    const stale = (model: string): boolean => now - (this.asked.get(model) ?? 0) >= STALE;
    const models = this.sight.filter(stale).slice(0, MOST);
    if (!source?.can('health') || !models.length || this.asking || !this.watched()) {
      return;
    }
    this.asking = true;
    models.forEach((model) => this.asked.set(model, now));
    try {
      const { health } = await source.ask('health', { models });
      if (source === this.source) {
        models.forEach((model) => this.known.set(model, health[model] ?? []));
        this.changed.emit();
      }
    } catch (error) {
      // A tree without its dots is still a tree: they are asked again when they are stale.
      console.warn(`nbmodel: ${toRequestError(error).message}`);
    } finally {
      this.asking = false;
    }
  }

  private source: Source | null = null;
  private sight: readonly string[] = [];
  private asking = false;
  private readonly known = new Map<string, readonly Health[]>();
  /** When each model was asked for. */
  private readonly asked = new Map<string, number>();
  private readonly timer: ReturnType<typeof setInterval>;
}
