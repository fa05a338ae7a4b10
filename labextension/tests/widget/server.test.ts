import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  latency,
  logged,
  rate,
  type ServerInfo,
  type ModelStatus,
  type ServerStatus,
} from '../../src/widget/serverStatus';
import server from '../../src/widget/server';
import type { WidgetModel } from '../../src/widget/widgetModel';

const INFO: ServerInfo = {
  address: 'http://127.0.0.1:4321',
  versions: { churn: 'churn@7' },
  follows: { churn: 'churn#prod' },
  pid: 42,
  detached: false,
  hasToken: false,
  canStop: true,
};

function model(more: Partial<ModelStatus> = {}): ModelStatus {
  return {
    name: 'churn',
    version: 'churn@7',
    canary: '',
    canaryShare: 0,
    shadow: '',
    requestsPerSecond: 12.34,
    rowsPerSecond: 1000,
    hasNewErrors: false,
    p50: [0.001, '<'],
    p99: [0.0123, ''],
    errors: 0,
    rowsWritten: 1234,
    rowsDropped: 0,
    requestHistory: [null, 0, 3, 12.34],
    ...more,
  };
}

/** The widget's side of a comm without a kernel. */
class Comm implements WidgetModel {
  readonly sent: unknown[] = [];
  readonly listeners = new Map<string, Set<(value: unknown) => void>>();
  private readonly traits: Record<string, unknown>;

  constructor(info: Partial<ServerInfo> = {}, changes: Partial<ServerStatus> = {}) {
    const status = { state: 'running', time: 1000, models: [model()], ...changes };
    this.traits = { info: { ...INFO, ...info }, status, commands: { churn: 'curl <b>' } };
  }

  get(name: string): unknown {
    return this.traits[name];
  }

  send(content: unknown): void {
    this.sent.push(content);
  }

  on(event: string, callback: (value: unknown) => void): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: (value: unknown) => void): void {
    this.listeners.get(event)?.delete(callback);
  }

  tell(changes: Partial<ServerStatus>): void {
    this.traits.status = { ...(this.traits.status as ServerStatus), ...changes };
    this.listeners.get('change:status')?.forEach((callback) => callback(this.traits.status));
  }
}

let host: HTMLElement;
let inSight: boolean;
let end: () => void;

function draw(comm: Comm): HTMLElement {
  end = server.render({ model: comm, el: host });
  vi.advanceTimersByTime(0);
  return host.querySelector<HTMLElement>('.nbm-server')!;
}

const state = (): string => host.querySelector('[role=status]')!.textContent;
const stop = (): HTMLElement => host.querySelector<HTMLElement>('.nbm-button')!;

beforeEach(() => {
  vi.useFakeTimers();
  inSight = true;
  vi.spyOn(Element.prototype, 'getClientRects').mockImplementation(
    () => (inSight ? [{}] : []) as unknown as DOMRectList,
  );
  host = document.body.appendChild(document.createElement('div'));
});
afterEach(() => {
  end();
  host.remove();
  vi.useRealTimers();
});

describe('the status of a server', () => {
  it('shows versions, address and latency', () => {
    const root = draw(new Comm());
    expect(root.textContent).toContain('churn@7');
    expect(root.querySelector('[title="Follows churn#prod"]')?.textContent).toBe('prod');
    expect(
      [...root.querySelectorAll('tbody tr:first-child td')].map((td) => td.textContent),
    ).toEqual(['12.3', '1000', '<1 ms', '12.3 ms', '0', '1,234', '']);
    expect(root.querySelector('a')?.getAttribute('href')).toBe(INFO.address);
    expect(root.querySelector('.nbm-flow')?.getAttribute('aria-label')).toContain('now 12.3');
    expect(root.querySelector('.nbm-server-ask code')?.textContent).toBe('curl <b>');
    expect(state()).toBe('Running');
  });

  it('follows the stage, and names a canary and a shadow', () => {
    const comm = new Comm();
    const root = draw(comm);
    comm.tell({
      models: [
        model({ version: 'churn@8', canary: 'churn@9', canaryShare: 0.1, shadow: 'churn@3' }),
      ],
    });
    expect(root.textContent).toContain('churn@8');
    expect(root.textContent).not.toContain('churn@7');
    expect(root.textContent).toContain('canary churn@9 10%');
    expect(root.textContent).toContain('shadow churn@3');
  });

  it('keeps its elements when the status changes, and announces a state once', () => {
    const comm = new Comm();
    const root = draw(comm);
    const before = [...root.querySelectorAll('*')];
    let changes = 0;
    const observer = new MutationObserver((records) => (changes += records.length));
    observer.observe(host.querySelector('[role=status]')!, { childList: true, subtree: true });
    comm.tell({ models: [model({ requestsPerSecond: 99 })] });
    expect([...root.querySelectorAll('*')]).toEqual(before);
    expect(observer.takeRecords()).toHaveLength(0);
    expect(changes).toBe(0);
  });

  it('tells the kernel that it is visible, and only then', () => {
    const comm = new Comm();
    draw(comm);
    expect(comm.sent).toEqual([{ visible: true }]);
    vi.advanceTimersByTime(5000);
    expect(comm.sent).toHaveLength(2);
    inSight = false;
    vi.advanceTimersByTime(20_000);
    expect(comm.sent).toHaveLength(2);
    inSight = true;
    document.dispatchEvent(new Event('visibilitychange'));
    expect(comm.sent).toHaveLength(3);
    comm.tell({ state: 'stopped' });
    vi.advanceTimersByTime(20_000);
    expect(comm.sent).toHaveLength(3);
  });

  it('shows that the kernel is silent, until a status arrives', () => {
    const comm = new Comm();
    const root = draw(comm);
    vi.advanceTimersByTime(7000);
    expect(state()).toBe('No message from the kernel');
    expect(stop().getAttribute('aria-disabled')).toBe('true');
    expect(root.textContent).toContain('Last seen at');
    comm.tell({});
    expect(state()).toBe('Running');
    expect(stop().getAttribute('aria-disabled')).toBe('false');
  });

  it('stops the server once, for any number of clicks', () => {
    const comm = new Comm();
    draw(comm);
    comm.sent.length = 0;
    stop().click();
    stop().click();
    expect(comm.sent).toEqual([{ stop: true }]);
    expect(state()).toBe('Stopping');
    comm.tell({ state: 'stopping' });
    comm.tell({ state: 'stopped' });
    expect(state()).toBe('Stopped');
    stop().click();
    expect(comm.sent).toHaveLength(1);
  });

  it('names the variable of the token, and has no button without the right to stop', () => {
    const root = draw(new Comm({ hasToken: true, canStop: false }));
    expect(root.textContent).toContain('_.token');
    expect(root.querySelector('a')).toBeNull();
    expect(host.querySelector('.nbm-button')).toBeNull();
  });

  it('ends with its view', () => {
    const comm = new Comm();
    draw(comm);
    end();
    comm.sent.length = 0;
    vi.advanceTimersByTime(60_000);
    expect(comm.sent).toEqual([]);
    expect([...comm.listeners.values()].every((each) => each.size === 0)).toBe(true);
    expect(host.childElementCount).toBe(0);
  });
});

describe('numbers', () => {
  it.each([
    [null, '–'],
    [0, '0'],
    [0.04, '<0.1'],
    [12.34, '12.3'],
    [1234.5, '1235'],
    [43_210, '43.2k'],
  ])('a rate of %s is %s', (value, text) => expect(rate(value)).toBe(text));

  it.each([
    [null, '–'],
    [[0.001, '<'] as const, '<1 ms'],
    [[0.0032, ''] as const, '3.2 ms'],
    [[0.25, ''] as const, '250 ms'],
    [[1.44, ''] as const, '1.4 s'],
    [[10, '>'] as const, '>10.0 s'],
  ])('a latency of %s is %s', (value, text) => expect(latency(value)).toBe(text));

  it('dropped rows are shown', () => {
    expect(logged(model({ rowsDropped: 3 }))).toBe('1,234 (3 lost)');
    expect(logged(model({ rowsWritten: null, rowsDropped: null }))).toBe('off');
  });
});
