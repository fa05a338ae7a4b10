/** The part of a widget's model that the panel needs, without a widget manager. */

import type { WidgetModel } from '../widget/panel';
import type { Channel } from './channel';

type Callback = (content: unknown) => void;

const GONE = {
  what: 'The dashboard does not answer any more: its server or kernel has ended.',
  next: 'Reload the page.',
  kind: 'Gone',
};

export class Model implements WidgetModel {
  private readonly open = new Set<unknown>();
  private gone = false;

  constructor(
    private readonly traits: Readonly<Record<string, unknown>>,
    private readonly channel: () => Channel,
  ) {}

  get(name: string): never {
    // the value is as the kernel wrote it; the panel knows the types
    return this.traits[name] as never;
  }

  on(_event: 'msg:custom', callback: Callback): void {
    this.channel().listen(callback);
  }

  off(_event: 'msg:custom', callback: Callback): void {
    this.channel().ignore(callback);
  }

  send(content: unknown): void {
    const { id } = content as { id?: unknown };
    if (this.gone) {
      queueMicrotask(() => this.channel().tell({ id, error: GONE }));
      return;
    }
    this.open.add(id);
    this.channel().send(content);
  }

  /** Handle a reply. */
  answered(content: unknown): void {
    this.open.delete((content as { id?: unknown } | null)?.id);
  }

  /** Handle the end of the kernel: no more replies will arrive. */
  end(): void {
    this.gone = true;
    this.open.forEach((id) => this.channel().tell({ id, error: GONE }));
    this.open.clear();
  }
}
