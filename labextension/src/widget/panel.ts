/** The panel in a notebook: an anywidget that sends its questions to the kernel as messages. */

import type { InitialAnswers, Opening } from '../view/data/opening';
import { drawPanel } from '../view/panel';
import { RequestError, type Source, type Verb, type Verbs } from '../view/data/source';

/** The part of a widget's model that the panel uses. */
export interface WidgetModel {
  /**
   * `opening`: `Opening`; `initial`: `InitialAnswers` or an empty object; `verbs`: the supported
   * verbs.
   */
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: 'msg:custom', callback: (message: unknown) => void): void;
  off(event: 'msg:custom', callback: (message: unknown) => void): void;
}

interface Reply {
  id?: string;
  answer?: unknown;
  error?: { what: string; hint: string; kind: string };
  changed?: boolean;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(refusal: RequestError): void;
  timer: ReturnType<typeof setTimeout>;
}

const SECOND = 1000;
/** Milliseconds after which the user learns that the kernel may be busy or dead. */
const TIMEOUT_MS = 10 * SECOND;
/** Verbs that may take longer: a large model, a tag on a slow disk, a report on a long log. */
const TIMEOUTS_MS: Partial<Record<Verb, number>> = {
  checkout: 300 * SECOND,
  promote: 60 * SECOND,
  rollback: 60 * SECOND,
  release: 60 * SECOND,
  card: 60 * SECOND,
  monitor: 120 * SECOND,
  distribution: 60 * SECOND,
  monitoringState: 60 * SECOND,
};

/** Questions and answers over the custom messages of one widget. */
export class CommSource implements Source {
  private readonly waiting = new Map<string, Waiting>();
  private readonly watchers = new Set<() => void>();
  // All views of a widget receive every answer, so each view marks its own questions.
  private readonly name = Math.random().toString(36).slice(2);
  private requestCount = 0;
  private readonly listen = (message: unknown): void => this.hear(message as Reply);

  constructor(private readonly model: WidgetModel) {
    model.on('msg:custom', this.listen);
  }

  ask<V extends Verb>(verb: V, args: Verbs[V]['ask']): Promise<Verbs[V]['answer']> {
    this.requestCount += 1;
    const id = `${this.name}-${this.requestCount}`;
    const timeout = TIMEOUTS_MS[verb] ?? TIMEOUT_MS;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(silence(timeout));
      }, timeout);
      this.waiting.set(id, { resolve: resolve, reject, timer });
      this.model.send({ id, verb, args });
    });
  }

  can(verb: Verb): boolean {
    return (this.model.get('verbs') as readonly Verb[]).includes(verb);
  }

  onChange(callback: () => void): () => void {
    this.watchers.add(callback);
    return () => this.watchers.delete(callback);
  }

  dispose(): void {
    this.model.off('msg:custom', this.listen);
    for (const { timer } of this.waiting.values()) {
      clearTimeout(timer);
    }
    this.waiting.clear();
    this.watchers.clear();
  }

  private hear({ id, answer, error, changed }: Reply): void {
    if (changed) {
      this.watchers.forEach((callback) => callback());
    }
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (id === undefined || !waiting) {
      return;
    }
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error) {
      waiting.reject(new RequestError(error.what, error.hint, error.kind));
    } else {
      waiting.resolve(answer);
    }
  }
}

function silence(timeout: number): RequestError {
  return new RequestError(
    `The kernel has not answered for ${timeout / SECOND} seconds: it is busy or dead.`,
    'Wait for the running cell or interrupt it; if the kernel is dead, restart it and run this cell again.',
    'NoAnswer',
  );
}

/** Draw one view of the widget; returns a function that ends it. */
function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const source = new CommSource(model);
  const initial = model.get('initial') as Partial<InitialAnswers>;
  const end = drawPanel(el, source, {
    opening: model.get('opening') as Opening,
    initial: initial.registry ? (initial as InitialAnswers) : undefined,
  });
  return () => {
    end();
    source.dispose();
  };
}

export default { render };
