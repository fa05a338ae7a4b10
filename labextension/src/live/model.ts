/** The part of a widget's model that the panel needs, without a widget manager. */

import type { KernelConnection } from '../widget/kernel';
import type { WidgetModel } from '../widget/widgetModel';
import type { Channel } from './channel';

type Callback = (content: unknown) => void;
type Slot = (sender: unknown, status: string) => void;

export class Model implements WidgetModel {
  private readonly slots = new Set<Slot>();
  private readonly kernel = {
    status: 'unknown',
    statusChanged: {
      connect: (slot: Slot): unknown => this.slots.add(slot),
      disconnect: (slot: Slot): unknown => this.slots.delete(slot),
    },
  };
  readonly widget_manager: { kernel: KernelConnection } = { kernel: this.kernel };

  constructor(
    private readonly traits: Readonly<Record<string, unknown>>,
    private readonly channel: () => Channel,
  ) {}

  get(name: string): never {
    // the value is as the kernel wrote it; the panel knows the types
    return this.traits[name] as never;
  }

  on(_event: string, callback: Callback): void {
    this.channel().listen(callback);
  }

  off(_event: string, callback: Callback): void {
    this.channel().ignore(callback);
  }

  send(content: unknown): void {
    this.channel().send(content);
  }

  /** Handle the end of the kernel: no more replies will arrive. */
  end(): void {
    this.kernel.status = 'dead';
    this.slots.forEach((slot) => slot(this, 'dead'));
  }
}
