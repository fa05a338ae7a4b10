/**
 * The model of a widget, which hears its kernel even if anywidget does not.
 *
 * anywidget waits two seconds for a widget's module. On a page that runs a whole notebook, even a
 * small module may take longer. anywidget then drops every message of the kernel to that widget
 * (its `Runtime.ready` stays rejected). So the messages are read from the kernel's connection.
 */

import { kernelOf, type KernelConnection, type KernelMessage } from './kernel';

type Callback = (content: unknown) => void;

/** The part of anywidget's model that the widgets use. */
export interface WidgetModel {
  get(name: string): unknown;
  send(content: unknown): void;
  /** Events: `msg:custom` with the content of a message, and `change:NAME`. */
  on(event: string, callback: Callback): void;
  off(event: string, callback: Callback): void;
  /** The widget manager of the front end. */
  readonly widget_manager?: unknown;
}

/** A model with the values of `model` that hears the kernel's connection, if that is known. */
export function connected(model: WidgetModel): WidgetModel {
  const kernel = kernelOf(model.widget_manager);
  return kernel?.anyMessage ? new ConnectedModel(model, kernel) : model;
}

class ConnectedModel implements WidgetModel {
  private readonly values = new Map<string, unknown>();
  private readonly callbacks = new Map<string, Set<Callback>>();
  private readonly hear = (_: unknown, message: KernelMessage): void => this.read(message);

  constructor(
    private readonly model: WidgetModel,
    private readonly kernel: KernelConnection,
  ) {}

  get widget_manager(): unknown {
    return this.model.widget_manager;
  }

  get(name: string): unknown {
    return this.values.has(name) ? this.values.get(name) : this.model.get(name);
  }

  send(content: unknown): void {
    this.model.send(content);
  }

  on(event: string, callback: Callback): void {
    if (this.callbacks.size === 0) {
      this.kernel.anyMessage!.connect(this.hear);
    }
    const callbacks = this.callbacks.get(event) ?? new Set();
    this.callbacks.set(event, callbacks.add(callback));
  }

  off(event: string, callback: Callback): void {
    const callbacks = this.callbacks.get(event);
    callbacks?.delete(callback);
    if (callbacks?.size === 0) {
      this.callbacks.delete(event);
    }
    if (this.callbacks.size === 0) {
      this.kernel.anyMessage!.disconnect(this.hear);
    }
  }

  /** Read a message by the protocol of Jupyter widgets: `update` has a state, `custom` a content. */
  private read({ direction, msg }: KernelMessage): void {
    const { comm_id: id, data } = msg.content;
    if (direction !== 'recv' || msg.header.msg_type !== 'comm_msg' || id !== this.get('comm_id')) {
      return;
    }
    if (data?.method === 'custom') {
      this.emit('msg:custom', data.content);
    } else if (data?.method === 'update') {
      const changes = Object.entries(data.state ?? {});
      changes.forEach(([name, value]) => this.values.set(name, value));
      changes.forEach(([name, value]) => this.emit(`change:${name}`, value));
    }
  }

  private emit(event: string, content: unknown): void {
    this.callbacks.get(event)?.forEach((callback) => callback(content));
  }
}
