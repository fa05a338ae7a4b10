import { describe, expect, it } from 'vitest';

import { plainTexts } from '../../../src/view/figures/plainTexts';

const plain = (text: string): unknown => plainTexts(text, 9, () => undefined);

describe('texts of a figure', () => {
  it.each([
    ['<b>bold</b> and <SUP>2</SUP>', '<b>bold</b> and <sup>2</sup>'],
    ['<a href="https://example.org">click</a>', '&lt;a href="https://example.org">click&lt;/a>'],
    ['a < b', 'a &lt; b'],
    // plotly joins a template with a text, and a prefix with a tick: neither may end in a tag.
    ['<%{text}', '&lt;%{text}'],
    ['<', '&lt;'],
    ["<b style='color: red'>", "&lt;b style='color: red'>"],
  ])('%s', (text, expected) => {
    expect(plain(text)).toBe(expected);
  });
});
