import { describe, expect, it, vi } from 'vitest';

import type { KernelMessage } from '../../src/widget/kernel';
import { connected, type WidgetModel } from '../../src/widget/widgetModel';

type Slot = (sender: unknown, message: KernelMessage) => void;

/** A kernel's connection, and a model to which anywidget passes no message. */
function deaf() {
  const slots = new Set<Slot>();
  const kernel = {
    status: 'idle',
    statusChanged: { connect: vi.fn(), disconnect: vi.fn() },
    anyMessage: {
      connect: (slot: Slot) => slots.add(slot),
      disconnect: (slot: Slot) => slots.delete(slot),
    },
  };
  const values: Record<string, unknown> = { comm_id: 'ours', status: 'old' };
  const model: WidgetModel = {
    get: (name) => values[name],
    send: vi.fn(),
    on: vi.fn(),
    off: vi.fn(),
    widget_manager: { kernel },
  };
  const say = (
    data: KernelMessage['msg']['content']['data'],
    about: { id?: string; type?: string; direction?: 'send' | 'recv' } = {},
  ): void =>
    slots.forEach((slot) =>
      slot(kernel, {
        direction: about.direction ?? 'recv',
        msg: {
          header: { msg_type: about.type ?? 'comm_msg' },
          content: { comm_id: about.id ?? 'ours', data },
        },
      }),
    );
  return { model, slots, say };
}

describe('a model that anywidget passes no message', () => {
  it('hears custom messages of its own comm only', () => {
    const { model, say } = deaf();
    const heard = vi.fn();
    connected(model).on('msg:custom', heard);
    say({ method: 'custom', content: 'another' }, { id: 'other' });
    say({ method: 'custom', content: 'own question' }, { direction: 'send' });
    say({ method: 'custom', content: 'no message' }, { type: 'comm_open' });
    say({ method: 'echo_update', state: {} });
    say(undefined);
    expect(heard).not.toHaveBeenCalled();
    say({ method: 'custom', content: { id: 1 } });
    expect(heard.mock.calls).toEqual([[{ id: 1 }]]);
  });

  it('has the last value of each trait', () => {
    const { model, say } = deaf();
    const ours = connected(model);
    const values: unknown[] = [];
    ours.on('change:status', () => values.push(ours.get('status'), ours.get('commands')));
    expect(ours.get('status')).toBe('old');
    say({ method: 'update', state: { status: 'new', commands: 1 } });
    say({ method: 'update', state: { commands: 2 } });
    expect(values).toEqual(['new', 1]); // both had arrived before the event
    expect(ours.get('commands')).toBe(2);
  });

  it('leaves the connection with its last listener', () => {
    const { model, slots } = deaf();
    const ours = connected(model);
    const [one, other] = [vi.fn(), vi.fn()];
    ours.on('msg:custom', one);
    ours.on('change:status', other);
    ours.off('msg:custom', one);
    ours.off('msg:custom', one);
    expect(slots.size).toBe(1);
    ours.off('change:status', other);
    expect(slots.size).toBe(0);
  });

  it('is taken as it is where the front end does not name its kernel', () => {
    const { model } = deaf();
    const elsewhere = { ...model, widget_manager: {} };
    expect(connected(elsewhere)).toBe(elsewhere);
  });
});
