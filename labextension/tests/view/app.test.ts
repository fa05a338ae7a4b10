import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { drawApp } from '../../src/view/app';
import type { Home, Page, Tile } from '../../src/view/data/answers';
import type { Verbs } from '../../src/view/data/source';
import { HOSTILE, registry, row, ScriptedSource, version } from './fixtures';

const ROWS = [row('churn', 3, { stages: ['prod'] }), row('Ähre', 1)];
const PAGE: Page = {
  rows: ROWS,
  offset: 0,
  total: 2,
  totalIsLowerBound: false,
  sort: '-time',
  hint: '',
  models: {},
  params: {},
};
const STAGES = Array.from({ length: 50 }, (_, index) => `s${index}`);
const host = document.createElement('div');
let sights: Array<(entries: unknown) => void>;
let end: () => void = () => undefined;

const tile = (stage: string): Tile => ({
  stage,
  row: ROWS[0]!,
  since: 1_750_000_000,
  author: HOSTILE,
  message: '',
  rolledBack: false,
  before: '',
  history: [],
  metric: null,
});
const home = ({ offset = 0, limit = 48 }: Verbs['home']['ask']): Home => ({
  tiles: STAGES.slice(offset, offset + limit).map(tile),
  offset,
  total: STAGES.length,
  unstaged: { models: [], total: 0 },
});
const ANSWERS = {
  registry: () => registry(),
  home,
  rows: () => PAGE,
  version: () => version(ROWS[0]!),
  log: () => ({ rows: ROWS.slice(0, 1), hasMore: false }),
  health: () => ({ health: { churn: [] } }),
  traffic: () => ({ traffic: {}, problems: {} }),
};

beforeEach(() => {
  vi.useFakeTimers();
  sights = [];
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(report: (entries: unknown) => void) {
        sights.push(report);
      }
      observe(): void {
        // a test reports when the element is in sight
      }
    },
  );
  document.body.append(host);
});
afterEach(() => {
  end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  host.remove();
});

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const see = (isIntersecting: boolean): void =>
  sights.forEach((report) => report([{ isIntersecting }]));
const button = (name: string): HTMLElement =>
  [...host.querySelectorAll<HTMLElement>('button')].find((each) =>
    each.textContent?.startsWith(name),
  ) as HTMLElement;

/** Draw the overview in sight, and forget the first questions. */
async function drawn(): Promise<ScriptedSource> {
  const source = new ScriptedSource(ANSWERS, ['health', 'traffic']);
  end = drawApp(host, source, { opening: { home: true } });
  see(true);
  await settle();
  source.asked.length = 0;
  return source;
}

describe('a change of the registry', () => {
  it('is asked by the view that is shown, and by the other one when it is shown', async () => {
    const source = await drawn();
    button('All versions').click();
    await settle();
    source.asked.length = 0;
    source.changed();
    await settle();
    expect(source.asked.map(({ verb }) => verb)).toEqual(['registry', 'rows']);
    button('Overview').click();
    await settle();
    source.asked.length = 0;
    source.changed();
    source.changed();
    await settle();
    expect(new Set(source.asked.map(({ verb }) => verb))).toEqual(new Set(['registry', 'home']));
    source.asked.length = 0;
    button('All versions').click();
    await settle();
    expect(source.asked.map(({ verb }) => verb)).toEqual(['registry', 'rows']);
    button('Overview').click();
    button('All versions').click();
    await settle();
    expect(source.asked).toHaveLength(2); // nothing has changed
  });
});

describe('health', () => {
  it('is asked for all models at once, and again only while the overview is in sight', async () => {
    const source = await drawn();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source.of('health').map(({ args }) => args)).toEqual([{ models: ['churn'] }]);
    see(false);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(source.of('health')).toHaveLength(1);
    see(true);
    expect(source.of('health')).toHaveLength(2);
  });
});

describe('the focus', () => {
  const label = (): string | null | undefined =>
    document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent;

  it('stays where it was at first', async () => {
    await drawn();
    expect(document.activeElement).toBe(document.body);
  });

  it('goes to the heading of the new view', async () => {
    await drawn();
    button('All versions').focus();
    button('All versions').click();
    expect(label()).toBe('All versions');
    await settle();
    expect(label()).toBe('models: all versions');
    button('Overview').click();
    expect(label()).toBe('models: overview');
    button('churn@3').click();
    await settle();
    expect(document.activeElement).toBe(host.querySelector('.nbm-details h2'));
  });

  it('goes to the first new tile after "Show more"', async () => {
    await drawn();
    button('Show more').click();
    await settle();
    const tiles = [...host.querySelectorAll('.nbm-tile')];
    expect(tiles).toHaveLength(50);
    expect(tiles[48]?.contains(document.activeElement)).toBe(true);
  });
});
