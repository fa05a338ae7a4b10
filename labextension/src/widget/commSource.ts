/**
 * Questions and answers over the custom messages of one widget.
 *
 * A kernel reads messages between its cells only, so a question may wait for as long as a cell
 * runs. It is never given up while the kernel lives: a late answer counts like any other.
 */

import { RequestError, type Source, type Verb, type Verbs } from '../view/data/source';
import { trans } from '../view/translation';
import { kernelOf, KernelWatch } from './kernel';
import type { WidgetModel } from './widgetModel';

interface Reply {
  id?: string;
  answer?: unknown;
  error?: { what: string; hint: string; kind: string };
  changed?: boolean;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(refusal: RequestError): void;
  message: { id: string; verb: Verb; args: unknown };
  /** Checks since the question. */
  age: number;
  /** Checks at which the kernel was idle, so that it could have answered. */
  idle: number;
}

/**
 * `busy`: the kernel runs something else; `silent`: it may be busy or dead; `lost`: it has ended or
 * no longer knows the widget.
 */
export type ConnectionState = 'connected' | 'busy' | 'silent' | 'lost';

const CHECK_MS = 1000;
/** Checks after which the user learns that the kernel is busy, or that it is silent. */
const BUSY_CHECKS = 3;
const SILENT_CHECKS = 10;
/** Checks of an idle kernel after which a question is repeated, and after which it is lost. */
const REPEAT_CHECKS = 10;
const LOST_CHECKS = 20;
/** Verbs that must not be repeated: they change something, or take the kernel long. */
const ONCE = new Set<Verb>([
  'checkout',
  'merge',
  'promote',
  'rollback',
  'release',
  'card',
  'approve',
  'delete',
  'restore',
  'push',
  'pull',
  'monitor',
  'distribution',
  'monitoringState',
  'health',
  'traffic',
  'firing',
  'alertHistory',
  'audit',
]);

export class CommSource implements Source {
  private readonly open = new Map<string, Waiting>();
  private readonly watchers = new Set<() => void>();
  private readonly connectionWatchers = new Set<(state: ConnectionState) => void>();
  // All views of a widget receive every answer, so each view marks its own questions.
  private readonly name = Math.random().toString(36).slice(2);
  private requestCount = 0;
  private state: ConnectionState = 'connected';
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly kernel: KernelWatch;
  private readonly listen = (message: unknown): void => this.hear(message as Reply);

  /** `model`: its value `verbs` names the verbs that the kernel answers. */
  constructor(private readonly model: WidgetModel) {
    model.on('msg:custom', this.listen);
    this.kernel = new KernelWatch(kernelOf(model.widget_manager), () => {
      model.off('msg:custom', this.listen); // late messages of the kernel that has ended
      this.lose();
    });
  }

  ask<V extends Verb>(verb: V, args: Verbs[V]['ask']): Promise<Verbs[V]['answer']> {
    if (this.state === 'lost') {
      return Promise.reject(notConnected());
    }
    this.requestCount += 1;
    const id = `${this.name}-${this.requestCount}`;
    return new Promise((resolve, reject) => {
      const message = { id, verb, args };
      this.open.set(id, { resolve, reject, message, age: 0, idle: 0 });
      this.timer ??= setInterval(() => this.check(), CHECK_MS);
      this.model.send(message);
    });
  }

  can(verb: Verb): boolean {
    return (this.model.get('verbs') as readonly Verb[]).includes(verb);
  }

  onChange(callback: () => void): () => void {
    this.watchers.add(callback);
    return () => this.watchers.delete(callback);
  }

  /** Call `callback` when the connection to the kernel changes. */
  onConnection(callback: (state: ConnectionState) => void): void {
    this.connectionWatchers.add(callback);
  }

  dispose(): void {
    this.model.off('msg:custom', this.listen);
    this.kernel.dispose();
    this.open.clear();
    this.stopChecks();
    this.watchers.clear();
    this.connectionWatchers.clear();
  }

  private hear({ id, answer, error, changed }: Reply): void {
    const revived = this.state === 'lost';
    this.setState('connected');
    if (changed || revived) {
      this.watchers.forEach((callback) => callback());
    }
    const waiting = id === undefined ? undefined : this.open.get(id);
    if (id === undefined || !waiting) {
      return;
    }
    this.open.delete(id);
    this.stopChecks();
    if (error) {
      waiting.reject(new RequestError(error.what, error.hint, error.kind));
    } else {
      waiting.resolve(answer);
    }
  }

  /** Look at the open questions. Also a kernel that is busy with cells is idle between two. */
  private check(): void {
    const { idle } = this.kernel;
    for (const waiting of [...this.open.values()]) {
      waiting.age += 1;
      if (idle) {
        waiting.idle += 1;
        this.repeat(waiting);
      }
    }
    const each = [...this.open.values()];
    if (each.some(({ message, idle }) => idle >= LOST_CHECKS && !ONCE.has(message.verb))) {
      this.lose();
    } else if (idle === false && each.some(({ age }) => age >= BUSY_CHECKS)) {
      this.setState('busy');
    } else if (
      idle === null &&
      each.some(({ age, message }) => age >= SILENT_CHECKS && !ONCE.has(message.verb))
    ) {
      this.setState('silent');
    }
  }

  /** Repeat a question whose message may be lost; or ask for the state, to see who answers. */
  private repeat({ message, idle }: Waiting): void {
    if (idle % REPEAT_CHECKS !== 0) {
      return;
    }
    if (!ONCE.has(message.verb)) {
      this.model.send(message);
    } else if (![...this.open.values()].some((other) => other.message.verb === 'state')) {
      this.ask('state', {}).catch(() => undefined);
    }
  }

  private lose(): void {
    this.setState('lost');
    const refused = [...this.open.values()];
    this.open.clear();
    this.stopChecks();
    refused.forEach(({ reject }) => reject(notConnected()));
  }

  private setState(state: ConnectionState): void {
    if (state !== this.state) {
      this.state = state;
      this.connectionWatchers.forEach((callback) => callback(state));
    }
  }

  private stopChecks(): void {
    if (this.open.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }
}

function notConnected(): RequestError {
  return new RequestError(
    trans.__('The panel is no longer connected to a kernel.'),
    trans.__('Run the cell again.'),
    'NotConnected',
  );
}
