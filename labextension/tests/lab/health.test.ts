// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { Health } from '../../src/view/data/monitorReport';
import { RequestError, type Source, type Verb } from '../../src/view/data/source';
import { HealthCache, STALE_MS } from '../../src/view/ui/healthCache';
import { healthDot, healthLabel } from '../../src/lab/healthDot';

function health(state: Health['state'], more: Partial<Health> = {}): Health {
  const reason = 'psi(age) is 0.31, over 0.2, for 3 windows';
  const verdict = `churn@8 in prod: ${reason}`;
  return { stage: 'prod', version: 'churn@8', state, reason, verdict, rollback: '', ...more };
}

/** A registry that answers when the test says so. */
class Slow implements Source {
  readonly asked: string[][] = [];
  answers: Array<(health: Record<string, readonly Health[]> | RequestError) => void> = [];

  constructor(private readonly able = true) {}

  can(): boolean {
    return this.able;
  }

  onChange(): () => void {
    return () => undefined;
  }

  ask(_: Verb, args: unknown): Promise<never> {
    this.asked.push([...(args as { models: string[] }).models]);
    return new Promise((resolve, reject) => {
      this.answers.push((found) =>
        found instanceof RequestError ? reject(found) : resolve({ health: found } as never),
      );
    });
  }

  async answer(found: Record<string, readonly Health[]> | RequestError): Promise<void> {
    this.answers.shift()!(found);
    await vi.advanceTimersByTimeAsync(0);
  }
}

let watched = true;
let healths: HealthCache;
let drawn: number;

beforeEach(() => {
  vi.useFakeTimers();
  watched = true;
  drawn = 0;
  healths = new HealthCache(
    () => watched,
    () => (drawn += 1),
  );
});
afterEach(() => {
  healths.dispose();
  vi.useRealTimers();
});

describe('the health of visible models', () => {
  test('is one question, repeated when it is stale', async () => {
    const source = new Slow();
    healths.use(source, false);
    healths.look(['churn', 'price']);
    expect(source.asked).toEqual([['churn', 'price']]);
    await source.answer({ churn: [health('bad')] });
    expect([healths.of('churn')[0]?.state, healths.of('price'), drawn]).toEqual(['bad', [], 1]);
    await vi.advanceTimersByTimeAsync(STALE_MS - 2000);
    healths.look(['churn', 'price']);
    expect(source.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(source.asked).toEqual([
      ['churn', 'price'],
      ['churn', 'price'],
    ]);
  });

  test('is requested at once for models that become visible, but never twice at a time', async () => {
    const source = new Slow();
    healths.use(source, false);
    healths.look(['churn']);
    healths.look(['churn', 'price']);
    expect(source.asked).toEqual([['churn']]);
    await source.answer({});
    await vi.advanceTimersByTimeAsync(1000);
    expect(source.asked.at(-1)).toEqual(['price']);
  });

  test('is not requested while the page is hidden, or from a source without health', async () => {
    const source = new Slow();
    watched = false;
    healths.use(source, false);
    healths.look(['churn']);
    await vi.advanceTimersByTimeAsync(2 * STALE_MS);
    expect(source.asked).toEqual([]);
    watched = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(source.asked).toEqual([['churn']]);
    const mute = new Slow(false);
    healths.use(mute, false);
    await vi.advanceTimersByTimeAsync(2 * STALE_MS);
    expect(mute.asked).toEqual([]);
  });

  test('is requested again after a change, and the old answer stays until then', async () => {
    const source = new Slow();
    healths.use(source, false);
    healths.look(['churn']);
    await source.answer({ churn: [health('bad')] });
    healths.renew();
    expect(source.asked).toHaveLength(2);
    expect(healths.of('churn')[0]?.state).toBe('bad');
    await source.answer({ churn: [health('good')] });
    expect(healths.of('churn')[0]?.state).toBe('good');
  });

  test('of one registry is not shown in another', async () => {
    const source = new Slow();
    healths.use(source, false);
    healths.look(['churn']);
    await source.answer({ churn: [health('bad')] });
    healths.use(new Slow(), true);
    expect(healths.of('churn')).toHaveLength(1);
    const late = new Slow();
    healths.use(late, false);
    expect(healths.of('churn')).toEqual([]);
  });

  test('that cannot be read leaves the tree unchanged', async () => {
    const said = vi.spyOn(console, 'warn').mockReturnValue();
    const source = new Slow();
    healths.use(source, false);
    healths.look(['churn']);
    await source.answer(new RequestError('The log cannot be read.'));
    expect(said).toHaveBeenCalledOnce();
    expect([drawn, healths.problem]).toEqual([1, 'The log cannot be read.']);
    await vi.advanceTimersByTimeAsync(STALE_MS + 1000);
    expect(source.asked).toHaveLength(2);
  });
});

describe('a dot', () => {
  test('has another shape, color and label for each state', () => {
    const dots = (['good', 'warning', 'bad', 'unknown'] as const).map((state) =>
      healthDot(health(state)),
    );
    const shapes = dots.map((dot) => dot.querySelector('path')?.getAttribute('d'));
    const names = dots.map((dot) => dot.getAttribute('aria-label'));
    expect(new Set(shapes).size).toBe(4);
    expect(new Set(names).size).toBe(4);
    expect(new Set(dots.map((dot) => dot.className)).size).toBe(4);
    expect(names[2]).toBe('prod: Unhealthy: psi(age) is 0.31, over 0.2, for 3 windows');
  });

  test('names the rollback command where it helps', () => {
    const rollback = '%model_rollback churn@prod -m "<b>"';
    expect(healthLabel(health('bad', { rollback }))).toContain(`Roll back: ${rollback}`);
    expect(healthLabel(health('good'))).not.toContain('Go back');
    const hostile = healthDot(health('bad', { reason: '<img src=x onerror=alert(1)>' }));
    expect(hostile.querySelector('img')).toBeNull();
  });
});
