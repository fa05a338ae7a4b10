import { describe, expect, test } from 'vitest';

import { h } from '../../../src/view/ui/dom';
import { cellsTab, highlight, split } from '../../../src/view/tabs/cells';
import { contextOf, rowOf, versionOf } from '../examples';

describe('cells', () => {
  test('are split at their headers', () => {
    expect(split('# %% [3]\nimport a\n\n# %% [12]\nx = 1\n')).toEqual([
      { label: '3', source: 'import a' },
      { label: '12', source: 'x = 1' },
    ]);
    expect(split('x = 1\n# %%\ny = 2\n')).toEqual([
      { label: '1', source: 'x = 1' },
      { label: '2', source: 'y = 2' },
    ]);
    expect(split('\r\n# %% load\r\na = 1\r\n')).toEqual([{ label: 'load', source: 'a = 1' }]);
    expect(split('')).toEqual([]);
  });

  test('keep every character when they are highlighted', () => {
    const source =
      'def f(x: int) -> str:\n    """doc <b>"""\n    return f"{x!r}" if x else None  # é\n\t@ broken (((';
    const root = h('pre', null, highlight(source));
    expect(root.textContent).toBe(source);
    const classOf = (text: string): string | undefined =>
      [...root.querySelectorAll('span')].find((span) => span.textContent === text)?.className;
    expect(classOf('def')).toBe('tok-keyword');
    expect(classOf('"""doc <b>"""')).toBe('tok-string');
    expect(classOf('# é')).toBe('tok-comment');
  });

  test('each have a number and a button to copy', () => {
    const version = versionOf(rowOf(), { cells: '# %% [3]\na = 1\n\n# %% [5]\nb = 2\n' });
    const root = cellsTab.draw(contextOf(version)) as HTMLElement;
    const numbers = [...root.querySelectorAll('.nbm-cell-number')].map((each) => each.textContent);
    expect(numbers).toEqual(['[3]', '[5]']);
    expect(root.querySelectorAll('li button[aria-label="Copy this cell"]')).toHaveLength(2);
  });
});
