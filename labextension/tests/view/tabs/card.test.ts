import { describe, expect, test } from 'vitest';

import { cardTab } from '../../../src/view/tabs/card';
import { h } from '../../../src/view/ui/dom';
import { markdown, parts } from '../../../src/view/tabs/markdown';
import { RequestError } from '../../../src/view/data/source';
import { contextOf, rowOf, versionOf, type Asked } from '../examples';

/** Wait until pending promises are settled. */
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));
const drawn = (source: string): HTMLElement => h('div', null, markdown(source));

describe('Markdown', () => {
  test('becomes elements', () => {
    const root = drawn(
      '# T\n\n*a* **b** `c` ~~d~~\n\n1. x\n2. y\n\n> q\n\n| a | b |\n| --- | --: |\n| 1 | 2 |\n',
    );
    const tags = [...root.querySelectorAll('*')].map(({ localName }) => localName);
    for (const tag of [
      'h3',
      'em',
      'strong',
      'code',
      'del',
      'ol',
      'li',
      'blockquote',
      'table',
      'td',
    ]) {
      expect(tags).toContain(tag);
    }
    expect(root.querySelector('td.nbm-num')!.textContent).toBe('2');
  });

  test.each([
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['a <b onclick="x()">b</b>', 'a <b onclick="x()">b</b>'],
    ['![alt](https://example.org/x.png)', 'alt'],
    ['&lt;i&gt; &amp; &#60; &bogus;', '<i> & < &bogus;'],
    ['a\u202eb\u0007', 'a\\u202eb\\x07'],
    ['pay\u200bpal \u{e0041}', 'pay\\u200bpal \\U000e0041'],
    ['\\<i\\>', '<i>'],
  ])('%s is text', (source, text) => {
    const root = drawn(source);
    expect(root.textContent).toBe(text);
    expect(root.querySelector('img, script, b, i')).toBeNull();
  });

  test.each([
    ['[x](javascript:alert(1))', null],
    ['[x](JaVaScRiPt:alert(1))', null],
    ['[x](data:text/html,x)', null],
    ['[x](//example.org)', null],
    ['[x](file:///etc/passwd)', null],
    ['[x](vbscript:x)', null],
    ['<javascript:alert(1)>', null],
    ['[x](https://example.org/a)', 'https://example.org/a'],
    ['<mailto:ann@example.org>', 'mailto:ann@example.org'],
  ])('%s leads only where it may', (source, address) => {
    const link = drawn(source).querySelector('a');
    expect(link?.getAttribute('href') ?? null).toBe(address);
    if (link) {
      expect(link.rel).toBe('noopener noreferrer');
      expect(link.target).toBe('_blank');
    }
  });

  test('that is nested deeply does not break the page', () => {
    expect(drawn(`${'> '.repeat(200)}end`).textContent).toContain('end');
  });
});

describe('front matter', () => {
  test('is split from the body', () => {
    expect(parts('---\na: 1\n---\n# T\n')).toEqual({ matter: 'a: 1', body: '# T\n' });
    expect(parts('---\r\na: 1\r\n---\r\n# T')).toEqual({ matter: 'a: 1', body: '# T' });
    expect(parts('# T\n---\n')).toEqual({ matter: '', body: '# T\n---\n' });
  });
});

describe('the card', () => {
  const version = versionOf(rowOf({ number: 3 }), {
    card: '# churn 3\n',
    tags: [['team', 'growth']],
    uses: ['features@2', 'ab'.repeat(20)],
  });

  function open(
    given: Partial<Asked>,
    act?: (verb: string, args: Record<string, unknown>) => unknown,
  ): [HTMLElement, Asked] {
    const context = { ...contextOf(version, { verbs: ['card'], act }), ...given };
    const element = cardTab.draw(context) as HTMLElement;
    document.body.replaceChildren(element);
    return [element, context];
  }
  const button = (root: Element, words: string): HTMLButtonElement | undefined =>
    [...root.querySelectorAll('button')].find((each) => each.textContent === words);

  test('is edited and saved', async () => {
    const asked: unknown[] = [];
    const [root, context] = open({}, (verb, args) => {
      asked.push([verb, args]);
      return { text: 'saved', ref: 'churn@4' };
    });
    button(root, 'Edit card')!.click();
    const field = root.querySelector('textarea')!;
    expect(field.value).toBe('# churn 3\n');
    expect(document.activeElement).toBe(field);
    expect(root.textContent).toContain('Your own sections are kept.');
    field.value = '# mine';
    root.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }));
    await settled();
    expect(asked).toEqual([['card', { ref: 'churn@3', text: '# mine' }]]);
    expect(context.opened).toEqual(['churn@4']);
  });

  test('that is refused stays in the editor, with the reason', async () => {
    const [root] = open({ edit: true }, () => {
      throw new RequestError('The branch moved on.', 'Open churn@4.', 'Raced');
    });
    root.querySelector('textarea')!.value = '# mine';
    root.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }));
    await settled();
    expect(root.querySelector('textarea')!.value).toBe('# mine');
    expect(root.querySelector('[role=alert]')!.textContent).toBe(
      'The branch moved on.Open churn@4.',
    );
    expect(button(root, 'Save card')!.disabled).toBe(false);
  });

  test('closes on Escape unless its text has changed', () => {
    const [root] = open({ edit: true });
    const field = root.querySelector('textarea')!;
    const escape = (): boolean =>
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    field.value = 'x';
    escape();
    expect(root.querySelector('textarea')).not.toBeNull();
    field.value = version.card;
    escape();
    expect(root.querySelector('textarea')).toBeNull();
  });

  test('has no editor where it cannot be saved', () => {
    expect(button(open({ readOnly: true, edit: true })[0], 'Edit card')).toBeUndefined();
    expect(open({ readOnly: true, edit: true })[0].querySelector('textarea')).toBeNull();
    expect(cardTab.draw(contextOf(version)) as HTMLElement).not.toBeNull();
    expect(button(cardTab.draw(contextOf(version)) as HTMLElement, 'Edit card')).toBeUndefined();
  });

  test('names the versions that it was made from', () => {
    const [root, context] = open({});
    button(root, 'features@2')!.click();
    expect(context.opened).toEqual(['features@2']);
    expect(root.querySelector('dd code')!.textContent).toBe('ababababab');
  });
});

test('the signature and the approvals of a version are words', () => {
  const verification = {
    state: 'bad',
    signer: '',
    key: 'SHA256:x',
    why: 'it was changed',
  } as const;
  const approval = {
    id: '0'.repeat(64),
    author: '<b>Nina</b>',
    time: 1_700_000_000,
    text: 'validated on Q3',
    state: 'bad: it was changed',
    verification,
  };
  const row = rowOf({ ref: 'churn@1' });
  const about = [['signature', 'verified by nina@example.org']] as const;
  const version = versionOf(row, { approvals: [approval], about });
  const root = cardTab.draw(contextOf(version)) as HTMLElement;
  expect(root.textContent).toContain('verified by nina@example.org');
  const list = root.querySelector('[aria-label="Approvals"]')!;
  expect(list.textContent).toContain('Approved: validated on Q3');
  expect(list.textContent).toContain('<b>Nina</b>');
  expect(list.textContent).toContain('bad: it was changed');
});
