/** The tokens of a search. */

import type { Word } from './fields';
import { SearchError } from './searchError';

export interface Token {
  kind: 'word' | 'quoted' | 'operator' | 'mark' | 'end';
  text: string;
  position: number;
}

// The class `\s` of Python, which is not that of JavaScript.
const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
/** A search without words, conditions and order. */
export const BLANK = new RegExp(`^[${SPACE}]*$`, 'u');
const TOKEN = new RegExp(
  [
    `(?<space>[${SPACE}]+)`,
    String.raw`(?<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`,
    '(?<operator>==|!=|<=|>=|=|<|>|~)',
    '(?<mark>[(),])',
    String.raw`(?<word>(?!["'])(?:[^${SPACE}"(),=!<>~]|!(?!=))+(?:(?<=\.)"(?:[^"\\]|\\.)*")?)`,
  ].join('|'),
  'suy',
);
const MAX_LENGTH = 2000;

/** The tokens of a search, with one of kind `end` behind them. */
export function tokenize(text: string): Token[] {
  if ([...text].length > MAX_LENGTH) {
    throw new SearchError(`it is longer than ${MAX_LENGTH} characters`, MAX_LENGTH);
  }
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (!match) {
      const quote = `"'`.includes(text.charAt(position));
      throw new SearchError(
        quote ? 'the quotation mark is not closed' : 'this character is not expected',
        position,
      );
    }
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0];
    if (kind !== 'space') {
      tokens.push({ kind: kind as Token['kind'], text: match[0], position });
    }
    position += match[0].length;
  }
  return [...tokens, { kind: 'end', text: '', position: text.length }];
}

/** Whether a token is one of these words, in any case, and is not quoted. */
export function isWord(token: Token, ...words: readonly string[]): boolean {
  return token.kind === 'word' && words.includes(token.text.toLowerCase());
}

/** The word, phrase or value of a token, without quotation marks. */
export function plain(token: Token): Word {
  const quoted = token.kind === 'quoted';
  const text = quoted ? unescaped(token.text.slice(1, -1)) : token.text;
  return { text, quoted, position: token.position };
}

/** The name of a field: `metrics."my metric"` without its quotation marks. */
export function fieldName(token: Token): string {
  return token.kind === 'quoted'
    ? plain(token).text
    : token.text.replace(/\."((?:[^"\\]|\\.)*)"$/su, (_, inner: string) => `.${unescaped(inner)}`);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gsu, '$1');
}
