import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CELL_EVENT, type CellRequest } from '../../src/view/ui/cellRunner';
import { registry, row } from '../view/fixtures';
import { CommSource } from '../../src/widget/commSource';
import type { WidgetModel } from '../../src/widget/widgetModel';
import panel from '../../src/widget/panel';

type Sent = { id: string; verb: string; args: unknown };

type Slot = (sender: unknown, status: string) => void;

/** A kernel as JupyterLab's widget manager has it. */
class Kernel {
  readonly slots = new Set<Slot>();
  readonly statusChanged = {
    connect: (slot: Slot) => this.slots.add(slot),
    disconnect: (slot: Slot) => this.slots.delete(slot),
  };

  constructor(public status: string) {}

  become(status: string): void {
    this.status = status;
    this.slots.forEach((slot) => slot(this, status));
  }
}

/** The widget's side of a comm without a kernel. */
class Comm implements WidgetModel {
  readonly sent: Sent[] = [];
  readonly listeners = new Set<(message: unknown) => void>();

  readonly widget_manager: { kernel: Kernel | null };

  constructor(
    private readonly traits: Record<string, unknown> = { verbs: ['rows'] },
    kernel: Kernel | null = null,
  ) {
    this.widget_manager = { kernel };
  }

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

/** A source, and the states of its connection in their order. */
function connected(kernel: Kernel | null = null) {
  const comm = new Comm(undefined, kernel);
  const source = new CommSource(comm);
  const states: string[] = [];
  source.onConnection((state) => states.push(state));
  return { comm, source, states };
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

  it('waits for a busy kernel and takes a late answer', async () => {
    const kernel = new Kernel('busy');
    const { comm, source, states } = connected(kernel);
    const asked = source.ask('rows', {});
    await vi.advanceTimersByTimeAsync(90_000);
    expect(states).toEqual(['busy']);
    expect(comm.sent).toHaveLength(1);
    comm.say({ id: comm.sent[0]?.id, answer: 'late' });
    expect(await asked).toBe('late');
    expect(states).toEqual(['busy', 'connected']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('repeats a question when the kernel is idle, but no action', async () => {
    const kernel = new Kernel('busy');
    const { comm, source } = connected(kernel);
    const asked = source.ask('rows', {});
    void source.ask('promote', { ref: 'churn@1', stage: 'prod', message: '' });
    await vi.advanceTimersByTimeAsync(5_000);
    kernel.become('idle');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(comm.sent.map(({ verb }) => verb)).toEqual(['rows', 'promote', 'rows', 'state']);
    expect(comm.sent[2]).toEqual(comm.sent[0]);
    comm.say({ id: comm.sent[2]?.id, answer: 'second' });
    expect(await asked).toBe('second');
  });

  it('is lost if an idle kernel does not answer twice', async () => {
    const { source, states } = connected(new Kernel('idle'));
    const refused = expect(source.ask('rows', {})).rejects.toMatchObject({ kind: 'NotConnected' });
    await vi.advanceTimersByTimeAsync(20_000);
    await refused;
    expect(states).toEqual(['lost']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['restarting', 'autorestarting', 'dead', 'terminating'])(
    'is lost at once when the kernel is %s',
    async (status) => {
      const kernel = new Kernel('busy');
      const { comm, source, states } = connected(kernel);
      const refused = expect(source.ask('rows', {})).rejects.toMatchObject({
        kind: 'NotConnected',
      });
      kernel.become(status);
      await refused;
      comm.say({ changed: true }); // a late message of the kernel that has ended
      expect(states).toEqual(['lost']);
      await expect(source.ask('rows', {})).rejects.toMatchObject({ kind: 'NotConnected' });
      source.dispose();
      expect(kernel.slots.size).toBe(0);
    },
  );

  it('of an unknown kernel says after ten seconds that it is silent, and goes on', async () => {
    const { comm, source, states } = connected();
    const asked = source.ask('rows', {});
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states).toEqual(['silent']);
    comm.say({ id: comm.sent[0]?.id, answer: 'late' });
    expect(await asked).toBe('late');
    expect(states).toEqual(['silent', 'connected']);
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
  const rows = { rows: [row('churn', 1)], offset: 0, total: 1, atLeast: false, sort: '-time' };
  const comm = new Comm({ verbs: ['rows'], opening: {}, initial: { registry: registry(), rows } });
  const el = document.createElement('div');
  const end = panel.render({ model: comm, el });
  expect(el.querySelector('tbody')?.textContent).toContain('churn@1');
  expect(comm.sent).toEqual([]);
  end();
  expect(el.children).toHaveLength(0);
  expect(comm.listeners.size).toBe(0);
});

function shown(kernel: Kernel) {
  const rows = { rows: [row('churn', 1)], offset: 0, total: 1, atLeast: false, sort: '-time' };
  const traits = { verbs: ['rows'], opening: {}, initial: { registry: registry(), rows } };
  const el = document.createElement('div');
  document.body.append(el);
  const end = panel.render({ model: new Comm(traits, kernel), el });
  const notice = el.querySelector('.nbm-connection')!;
  return { el, end, notice, root: notice.previousElementSibling! };
}

it('a panel without a kernel is inert, and says what to do', () => {
  const kernel = new Kernel('idle');
  const { end, notice, root } = shown(kernel);
  expect(notice.textContent).toBe('');
  kernel.become('restarting');
  expect(notice.textContent).toContain('no longer connected');
  expect(notice.textContent).toContain('Run the cell again');
  expect(notice.querySelector('button')).toBeNull(); // no front end here runs cells
  expect(root.hasAttribute('inert')).toBe(true);
  end();
});

it('a panel offers to run its cell again where the page can do that', () => {
  const kernel = new Kernel('idle');
  const { el, end, notice } = shown(kernel);
  const run = vi.fn();
  el.addEventListener(CELL_EVENT, (event) => {
    (event as CustomEvent<CellRequest>).detail.run = run;
  });
  kernel.become('restarting');
  notice.querySelector('button')!.click();
  expect(run).toHaveBeenCalledOnce();
  end();
});
