import { describe, expect, test } from 'vitest';

import type { ModelEntry, Row } from '../../src/view/data/answers';
import { RequestError, type Source, type Verb } from '../../src/view/data/source';
import { Browser, stagesOf } from '../../src/lab/browser';
import { noticesOf } from '../../src/lab/sidePanelNotices';
import { keyOf } from '../../src/lab/tree';
import { entry, row } from './fixtures';

/** A registry in memory: the boundary of the browser is a `Source`. */
class Memory implements Source {
  path = '/a/.git';
  models: ModelEntry[] = [];
  ordered = false;
  hint = '';
  logs = new Map<string, Row[]>();
  error: RequestError | null = null;
  tell: () => void = () => undefined;

  can(): boolean {
    return true;
  }

  onChange(callback: () => void): () => void {
    this.tell = callback;
    return () => (this.tell = () => undefined);
  }

  async ask(verb: Verb, args: unknown): Promise<never> {
    if (this.error) {
      throw this.error;
    }
    const {
      model,
      before,
      limit = 30,
    } = args as { model: string; before?: string; limit?: number };
    const rows = this.logs.get(model) ?? [];
    const first = before ? rows.findIndex(({ commit }) => commit === before) + 1 : 0;
    const answers: Partial<Record<Verb, unknown>> = {
      registry: { name: this.path, id: this.path, unreadable: [], stages: [] },
      models: { models: this.models, ordered: this.ordered, hint: this.hint },
      log: { rows: rows.slice(first, first + limit), hasMore: first + limit < rows.length },
    };
    return answers[verb] as never;
  }
}

function registry(versions: number): Memory {
  const memory = new Memory();
  memory.models = [entry('a', versions)];
  memory.logs.set(
    'a',
    Array.from({ length: versions }, (_, index) => row('a', versions - index)),
  );
  return memory;
}

async function opened(memory: Memory): Promise<Browser> {
  const browser = new Browser();
  await browser.use(memory);
  await browser.toggle(browser.tree.items()[0]!);
  return browser;
}

const refs = (browser: Browser) => browser.tree.items().map(({ name }) => name);

describe('a branch', () => {
  test('is loaded in pages', async () => {
    const browser = await opened(registry(40));
    expect(refs(browser)).toHaveLength(1 + 30 + 1);
    await browser.more('a', 'main');
    expect(refs(browser)).toHaveLength(1 + 40);
  });

  test('shows a new commit in place, marked as fresh', async () => {
    const memory = registry(2);
    const browser = await opened(memory);
    expect(browser.fresh.size).toBe(0);
    memory.logs.get('a')!.unshift(row('a', 3));
    memory.models = [entry('a', 3)];
    await browser.reload();
    expect(refs(browser)).toEqual(['a', 'a@3', 'a@2', 'a@1']);
    expect([...browser.fresh]).toEqual([row('a', 3).commit]);
    browser.dispose();
  });
});

describe('a registry', () => {
  test('is listed in the order of a search that has one', async () => {
    const memory = registry(1);
    memory.models = [entry('b', 1), entry('a', 1)];
    const browser = await opened(memory);
    expect(refs(browser)[0]).toBe('a');
    memory.ordered = true;
    await browser.search('order by auc');
    expect(refs(browser)[0]).toBe('b');
    browser.dispose();
  });

  test('without a match says what the search names and no version has', async () => {
    const memory = registry(1);
    const browser = await opened(memory);
    memory.models = [];
    memory.hint = "No version has the metric 'acu'.";
    await browser.search('metrics.acu > 0');
    const [said] = noticesOf(browser);
    expect(said!.textContent).toContain("No version has the metric 'acu'. Clear the search");
    browser.dispose();
  });

  test('that is another shows no rows of the previous one', async () => {
    const browser = await opened(registry(2));
    const other = registry(1);
    other.path = '/b/.git';
    await browser.use(other);
    expect(refs(browser)).toEqual(['a']);
    expect(browser.tree.isOpen(keyOf.model('a'))).toBe(false);
    expect(browser.fresh.size).toBe(0);
  });

  test('that is the same at another path keeps its open lines', async () => {
    const browser = await opened(registry(2));
    await browser.use(registry(2));
    expect(refs(browser)).toEqual(['a', 'a@2', 'a@1']);
  });

  test('that cannot be read shows the error, and its models once it can', async () => {
    const memory = registry(1);
    memory.error = new RequestError('It is locked.', 'Wait.');
    const browser = new Browser();
    await browser.use(memory);
    expect(browser.error?.hint).toBe('Wait.');
    memory.error = null;
    await browser.reload();
    expect(browser.error).toBeNull();
    expect(refs(browser)).toEqual(['a']);
  });
});

test('stages are the current ones of the model', () => {
  const model: ModelEntry = { ...entry('a', 2), stages: [['prod', row('a', 1).commit, 1]] };
  expect(stagesOf(model, row('a', 1))).toEqual(['prod']);
  expect(stagesOf(model, row('a', 2, { stages: ['prod'] }))).toEqual([]);
});
