/**
 * Markdown as elements.
 *
 * `marked` only splits the text into tokens, and this file makes elements from them. No markup of
 * an untrusted card is ever parsed: raw HTML is shown as text, and images are not loaded.
 */

import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';

import { code } from './cells';
import { h, type Child } from '../ui/dom';
import { trans } from '../translation';

/** The two parts of a card: YAML front matter, empty if there is none, and Markdown. */
export interface Parts {
  matter: string;
  body: string;
}

/** Split a card into its parts. */
export function parts(card: string): Parts {
  const match = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(card);
  return match
    ? { matter: match[1]!, body: card.slice(match[0].length) }
    : { matter: '', body: card };
}

/** Draw Markdown. */
export function markdown(source: string): Child[] {
  return all(new Lexer({ gfm: true }).lex(visible(source)));
}

// Control characters, Unicode's Bidi_Control (UAX 9) and characters of no width (UTS 39) become
// escapes, as in nbmodel/display.py. A card is UTF-8, so it has no lone surrogates.
const CONTROL =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Escape characters that are invisible or change the direction of the text. */
function visible(source: string): string {
  return source.replace(CONTROL, (character) => {
    const point = character.codePointAt(0)!;
    const digits = point.toString(16);
    if (point < 0x100) {
      return `\\\\x${digits.padStart(2, '0')}`;
    }
    return point < 0x10000 ? `\\\\u${digits.padStart(4, '0')}` : `\\\\U${digits.padStart(8, '0')}`;
  });
}

type Drawers = {
  [Kind in MarkedToken['type']]: (token: Extract<MarkedToken, { type: Kind }>) => Child;
};

/** The headings of a card are below the title of the panel. */
const HEADINGS = ['h3', 'h4', 'h5', 'h6', 'h6', 'h6'] as const;

const DRAWERS: Drawers = {
  space: () => null,
  def: () => null,
  br: () => h('br'),
  hr: () => h('hr'),
  heading: (token) => h(HEADINGS[token.depth - 1] ?? 'h6', null, all(token.tokens)),
  paragraph: (token) => h('p', null, all(token.tokens)),
  blockquote: (token) => h('blockquote', null, all(token.tokens)),
  strong: (token) => h('strong', null, all(token.tokens)),
  em: (token) => h('em', null, all(token.tokens)),
  del: (token) => h('del', null, all(token.tokens)),
  codespan: (token) => h('code', null, token.text),
  code: (token) => (/^(py|python)\b/i.test(token.lang ?? '') ? code(token.text) : pre(token.text)),
  escape: (token) => token.text,
  text: (token) => (token.tokens ? all(token.tokens) : decoded(token.text)),
  html: (token) => (token.block ? pre(token.text.trimEnd()) : token.text),
  image: (token) =>
    h('span', { class: 'nbm-image', title: token.href }, token.text || trans.__('image')),
  link: (token) => link(token),
  list: (token) => list(token),
  list_item: (token) => item(token),
  checkbox: (token) => (token.checked ? '☑ ' : '☐ '),
  table: (token) => table(token),
};

function all(tokens: readonly Token[]): Child[] {
  return tokens.map(drawn);
}

function drawn(token: Token): Child {
  const drawer = (DRAWERS as Record<string, ((token: Token) => Child) | undefined>)[token.type];
  return drawer ? drawer(token) : token.raw;
}

function pre(text: string): HTMLElement {
  return h('pre', { tabindex: 0 }, text);
}

function link(token: Tokens.Link): Child {
  const inside = all(token.tokens);
  const leads = /^(https?:\/\/|mailto:)/i.test(token.href);
  const props = {
    href: token.href,
    target: '_blank',
    rel: 'noopener noreferrer',
    title: token.href,
  };
  return leads ? h('a', props, inside) : inside;
}

function list(token: Tokens.List): HTMLElement {
  const items = token.items.map(item);
  const start = token.start === '' || token.start === 1 ? null : token.start;
  return token.ordered ? h('ol', { start }, items) : h('ul', null, items);
}

function item(token: Tokens.ListItem): HTMLElement {
  return h('li', { class: token.task && 'nbm-task' }, all(token.tokens));
}

function table(token: Tokens.Table): HTMLElement {
  const cell = (tag: 'th' | 'td', part: Tokens.TableCell): HTMLElement =>
    h(tag, { class: part.align === 'right' && 'nbm-num' }, all(part.tokens));
  const bare = token.header.every((part) => !part.text.trim());
  // A heading without text is not a heading: screen readers would announce an empty one.
  const head = token.header.map((part) => cell(part.text.trim() ? 'th' : 'td', part));
  const rows = token.rows.map((row) =>
    h(
      'tr',
      null,
      row.map((part) => cell('td', part)),
    ),
  );
  return h(
    'div',
    { class: 'nbm-scroll', tabindex: 0 },
    h('table', null, !bare && h('thead', null, h('tr', null, head)), h('tbody', null, rows)),
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  times: '×',
};

/** Decode character references: the lexer does not, because it expects HTML output. */
function decoded(text: string): string {
  return text.replace(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w{2,8}));/gi,
    (whole: string, ...[hex, dec, name]: Array<string | undefined>) => {
      const point = hex ? parseInt(hex, 16) : dec ? parseInt(dec, 10) : null;
      if (point === null) {
        return ENTITIES[name!] ?? whole;
      }
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
