import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Version } from '../../src/view/data/answers';
import { RequestError, type Source } from '../../src/view/data/source';
import { MAX_AGE_MS, VersionCache } from '../../src/lab/versionCache';

const HERE = { path: 'a/work.ipynb', repo: '' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A cache, and the references that it has requested. */
function cached(error: RequestError | null = null): [VersionCache, string[]] {
  const requests: string[] = [];
  const source: Source = {
    can: () => true,
    onChange: () => () => undefined,
    ask: async (_verb: unknown, args: unknown): Promise<never> => {
      requests.push((args as { ref: string }).ref);
      if (error) {
        throw error;
      }
      return { message: String(requests.length) } as Version as never;
    },
  };
  return [new VersionCache(() => source), requests];
}

test('a version is requested once while it is fresh', async () => {
  const [cache, requests] = cached();
  const both = [cache.get(HERE, 'a@1'), cache.get(HERE, 'a@1')];
  expect((await Promise.all(both)).map(({ message }) => message)).toEqual(['1', '1']);
  vi.advanceTimersByTime(MAX_AGE_MS);
  expect((await cache.get(HERE, 'a@1')).message).toBe('2');
  expect(requests).toEqual(['a@1', 'a@1']);
});

test('registries have separate versions', async () => {
  const [cache, requests] = cached();
  await cache.get(HERE, 'a@1');
  await cache.get({ path: 'b/work.ipynb', repo: '' }, 'a@1');
  await cache.get({ path: 'a/work.ipynb', repo: '/elsewhere' }, 'a@1');
  expect(requests).toHaveLength(3);
});

test('an error is not stored', async () => {
  const [cache, requests] = cached(new RequestError('not found'));
  await expect(cache.get(HERE, 'a@1')).rejects.toThrow('not found');
  await expect(cache.get(HERE, 'a@1')).rejects.toThrow('not found');
  expect(requests).toHaveLength(2);
});

test('the oldest versions are forgotten', async () => {
  const [cache, requests] = cached();
  for (let number = 0; number <= 100; number += 1) {
    await cache.get(HERE, `a@${number}`);
  }
  await cache.get(HERE, 'a@100');
  expect(requests).toHaveLength(101);
  await cache.get(HERE, 'a@0');
  expect(requests).toHaveLength(102);
});
