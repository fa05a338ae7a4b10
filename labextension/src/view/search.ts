/**
 * The search language of nbmodel over rows held in the browser.
 *
 * The same words and conditions as in a notebook, the same precedence: words and conditions side
 * by side must all hold, `or` binds less than `and`, `not` negates what follows it.
 */

import { conditionTest, fail, wordTest, type Operator, type Test } from './fields';
import type { RequestError } from './source';

interface Token {
  kind: 'word' | 'quoted' | 'operator' | 'mark' | 'end';
  text: string;
  position: number;
}

const TOKEN =
  /(?<space>\s+)|(?<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<operator>==|!=|<=|>=|=|<|>|~)|(?<mark>[(),])|(?<word>(?!["'])(?:[^\s"(),=!<>~]|!(?!=))+(?:(?<=\.)"(?:[^"\\]|\\.)*")?)/suy;
const MAX_LENGTH = 2000;
const MAX_DEPTH = 32;

/** Read a search expression; throws a `Refusal` that names the position, counted from 1. */
export function parseQuery(text: string): Test {
  return new Parser(text).whole();
}

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    if (text.length > MAX_LENGTH) {
      throw fail(`it is longer than ${MAX_LENGTH} characters`, MAX_LENGTH);
    }
    this.tokens = tokenize(text);
  }

  whole(): Test {
    if (this.peek().kind === 'end') {
      return () => true;
    }
    const test = this.either();
    if (this.peek().kind !== 'end') {
      throw this.error(`“${this.peek().text}” is not expected here`);
    }
    return test;
  }

  private peek(): Token {
    return this.tokens[this.at] as Token;
  }

  private following(by = 1): Token {
    return this.tokens[Math.min(this.at + by, this.tokens.length - 1)] as Token;
  }

  private take(): Token {
    const token = this.peek();
    this.at = Math.min(this.at + 1, this.tokens.length - 1);
    return token;
  }

  private error(why: string): RequestError {
    return fail(why, this.peek().position);
  }

  private either(): Test {
    const parts = [this.both()];
    while (isWord(this.peek(), 'or')) {
      this.take();
      parts.push(this.both());
    }
    return (of) => parts.some((part) => part(of));
  }

  private both(): Test {
    const parts = [this.negation()];
    for (;;) {
      if (isWord(this.peek(), 'and')) {
        this.take();
      } else if (
        this.peek().kind === 'end' ||
        isWord(this.peek(), 'or') ||
        this.peek().text === ')'
      ) {
        return (of) => parts.every((part) => part(of));
      }
      parts.push(this.negation());
    }
  }

  private negation(): Test {
    if (isWord(this.peek(), 'not')) {
      const part = this.deeper(() => this.negation());
      return (of) => !part(of);
    }
    if (this.peek().kind === 'mark' && this.peek().text === '(') {
      return this.deeper(() => {
        const part = this.either();
        this.expect(')');
        return part;
      });
    }
    return this.part();
  }

  private deeper(read: () => Test): Test {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) {
      throw this.error(`it is nested more than ${MAX_DEPTH} deep`);
    }
    this.take();
    const test = read();
    this.depth -= 1;
    return test;
  }

  private part(): Test {
    if (this.peek().kind === 'word' && this.following().kind === 'operator') {
      return this.comparison();
    }
    if (this.peek().kind === 'word' && this.isMembership()) {
      return this.membership();
    }
    const keyword = isWord(this.peek(), 'and', 'or', 'not', 'in');
    if (this.peek().kind === 'quoted' || (this.peek().kind === 'word' && !keyword)) {
      return wordTest(plain(this.take()));
    }
    throw this.error(`expected a word or a condition, not ${this.peek().text || 'the end'}`);
  }

  private comparison(): Test {
    const field = this.take();
    const operator = this.take().text;
    return this.condition(field, (operator === '==' ? '=' : operator) as Operator);
  }

  private isMembership(): boolean {
    const by = isWord(this.following(), 'not') ? 2 : 1;
    return isWord(this.following(by), 'in') && this.following(by + 1).text === '(';
  }

  private membership(): Test {
    const field = this.take();
    const negated = isWord(this.peek(), 'not');
    this.at += negated ? 3 : 2;
    const parts = [this.condition(field, '=')];
    while (this.peek().kind === 'mark' && this.peek().text === ',') {
      this.take();
      parts.push(this.condition(field, '='));
    }
    this.expect(')');
    return (of) => parts.some((part) => part(of)) !== negated;
  }

  private condition(field: Token, operator: Operator): Test {
    if (this.peek().kind !== 'word' && this.peek().kind !== 'quoted') {
      throw this.error(`a value for ${field.text} is missing`);
    }
    const name = field.text.replace(/\."((?:[^"\\]|\\.)*)"$/su, (_, inner: string) => `.${inner}`);
    return conditionTest(name, operator, plain(this.take()), field.position);
  }

  private expect(mark: string): void {
    if (this.peek().kind !== 'mark' || this.peek().text !== mark) {
      throw this.error(`“${mark}” is missing`);
    }
    this.take();
  }
}

function isWord(token: Token, ...words: readonly string[]): boolean {
  return token.kind === 'word' && words.includes(token.text.toLowerCase());
}

function plain(token: Token): string {
  return token.kind === 'quoted' ? token.text.slice(1, -1).replace(/\\(.)/gsu, '$1') : token.text;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (!match) {
      const quote = `"'`.includes(text.charAt(position));
      throw fail(quote ? 'the quotation mark is not closed' : 'this character is not expected', position);
    }
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0];
    if (kind !== 'space') {
      tokens.push({ kind: kind as Token['kind'], text: match[0], position });
    }
    position += match[0].length;
  }
  return [...tokens, { kind: 'end', text: '', position: text.length }];
}
