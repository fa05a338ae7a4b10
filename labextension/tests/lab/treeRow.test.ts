import { describe, expect, it } from 'vitest';

import { Browser } from '../../src/lab/browser';
import { content, factsOf, type TreeHandlers } from '../../src/lab/treeRow';
import type { Row } from '../../src/view/data/answers';
import { h } from '../../src/view/ui/dom';
import { entry, row } from './fixtures';

const handlers: TreeHandlers = {
  chosen: () => undefined,
  opened: () => undefined,
  monitored: () => undefined,
  sighted: () => undefined,
  health: () => [],
  marked: () => [],
  metric: () => '',
};

function line(shown: Row): HTMLElement {
  const place = { key: '', name: shown.ref, level: 3, position: 1, siblings: 1 };
  const item = { ...place, kind: 'version', row: shown, entry: entry(shown.model) } as const;
  const facts = factsOf(item, {} as Browser, handlers);
  return h('div', null, content(facts, { hasTwoLines: false, chips: 9, hasSpark: false }));
}

describe('the line of a version', () => {
  it('says that the version was purged', () => {
    const chips = (shown: Row): (string | null)[] =>
      [...line(shown).querySelectorAll('.nbm-chip')].map((chip) => chip.textContent);
    expect(chips(row('a', 1, { purged: true, releases: ['v1.0.0'] }))).toEqual([
      'purged',
      'v1.0.0',
    ]);
    expect(chips(row('a', 2))).toEqual([]);
  });
});
