import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { registry, row } from '../view/fixtures';
import panel, { CommSource, type WidgetModel } from '../../src/widget/panel';

type Sent = { id: string; verb: string; args: unknown };

/** The widget's side of a comm without a kernel. */
class Comm implements WidgetModel {
  readonly sent: Sent[] = [];
  readonly listeners = new Set<(message: unknown) => void>();

  constructor(private readonly traits: Record<string, unknown> = { verbs: ['rows'] }) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  send(content: unknown): void {
    this.sent.push(content as Sent);
  }

  on(_: 'msg:custom', callback: (message: unknown) => void): void {
    this.listeners.add(callback);
  }

  off(_: 'msg:custom', callback: (message: unknown) => void): void {
    this.listeners.delete(callback);
  }

  say(message: unknown): void {
    this.listeners.forEach((callback) => callback(message));
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a source over a comm', () => {
  it('matches each answer to its question', async () => {
    const comm = new Comm();
    const [one, other] = [new CommSource(comm), new CommSource(comm)];
    const first = one.ask('state', {});
    const second = other.ask('state', {});
    expect(comm.sent.map(({ verb }) => verb)).toEqual(['state', 'state']);
    expect(new Set(comm.sent.map(({ id }) => id)).size).toBe(2);
    comm.say({ id: comm.sent[1]?.id, answer: { state: 'second' } });
    comm.say({ id: 'nobody', answer: { state: 'none' } });
    comm.say({ id: comm.sent[0]?.id, answer: { state: 'first' } });
    expect(await Promise.all([first, second])).toEqual([{ state: 'first' }, { state: 'second' }]);
  });

  it('rejects with the error of the kernel', async () => {
    const comm = new Comm();
    const asked = new CommSource(comm).ask('version', { ref: 'x' });
    comm.say({ id: comm.sent[0]?.id, error: { what: 'No x.', hint: 'Take y.', kind: 'NotFound' } });
    await expect(asked).rejects.toMatchObject({ what: 'No x.', hint: 'Take y.', kind: 'NotFound' });
  });

  it('rejects after ten seconds, because the kernel is busy or dead', async () => {
    const asked = new CommSource(new Comm()).ask('rows', {});
    const refused = expect(asked).rejects.toMatchObject({ kind: 'NoAnswer' });
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reports changes until it ends', () => {
    const comm = new Comm();
    const source = new CommSource(comm);
    const changed = vi.fn();
    const stop = source.onChange(changed);
    comm.say({ changed: true });
    stop();
    comm.say({ changed: true });
    expect(changed).toHaveBeenCalledOnce();
    void source.ask('rows', {});
    source.dispose();
    expect(comm.listeners.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('supports the verbs that the kernel names', () => {
    const source = new CommSource(new Comm());
    expect([source.can('rows'), source.can('promote')]).toEqual([true, false]);
  });
});

it('a view draws the first answers and removes everything at its end', () => {
  const rows = { rows: [row('churn', 1)], offset: 0, total: 1, atLeast: false };
  const comm = new Comm({ verbs: ['rows'], opening: {}, initial: { registry: registry(), rows } });
  const el = document.createElement('div');
  const end = panel.render({ model: comm, el });
  expect(el.querySelector('tbody')?.textContent).toContain('churn@1');
  expect(comm.sent).toEqual([]);
  end();
  expect(el.children).toHaveLength(0);
  expect(comm.listeners.size).toBe(0);
});
