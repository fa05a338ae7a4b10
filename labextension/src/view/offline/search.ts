/**
 * The search language of nbmodel over rows in the browser.
 *
 * It has the same words, conditions and precedence as in a notebook. Words and conditions side by
 * side must all hold, `or` binds less tightly than `and`, and `not` negates what follows it.
 */

import { conditionTest, type Names, type Operator, type Test, type Word } from './fields';
import { invalidQuery, quoted, SearchError } from './searchError';
import { wordsTest } from './words';

interface Token {
  kind: 'word' | 'quoted' | 'operator' | 'mark' | 'end';
  text: string;
  position: number;
}

const TOKEN =
  /(?<space>\s+)|(?<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<operator>==|!=|<=|>=|=|<|>|~)|(?<mark>[(),])|(?<word>(?!["'])(?:[^\s"(),=!<>~]|!(?!=))+(?:(?<=\.)"(?:[^"\\]|\\.)*")?)/suy;
const MAX_LENGTH = 2000;
const MAX_TERMS = 64; // words and conditions
const MAX_DEPTH = 32;

/**
 * Parse a search expression; throws a `RequestError` that names the position, counted from 1.
 *
 * `names` are the metrics, parameters and tags that conditions can compare.
 */
export function parseQuery(text: string, names: Names): Test {
  try {
    return new Parser(text, names).whole();
  } catch (error) {
    throw error instanceof SearchError ? invalidQuery(text, error) : error;
  }
}

type Part = Test | Word;

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private terms = 0;
  private depth = 0;

  constructor(
    text: string,
    private readonly names: Names,
  ) {
    if ([...text].length > MAX_LENGTH) {
      throw new SearchError(`it is longer than ${MAX_LENGTH} characters`, MAX_LENGTH);
    }
    this.tokens = tokenize(text);
  }

  whole(): Test {
    if (this.peek().kind === 'end') {
      return () => true;
    }
    const test = this.either();
    if (this.peek().kind !== 'end') {
      throw this.error(`${quoted(this.peek().text)} is not expected here`);
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

  private error(why: string): SearchError {
    return new SearchError(why, this.peek().position);
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
    const parts: Part[] = [this.negation()];
    for (;;) {
      if (isWord(this.peek(), 'and')) {
        this.take();
      } else if (
        this.peek().kind === 'end' ||
        isWord(this.peek(), 'or') ||
        this.peek().text === ')'
      ) {
        return all(parts);
      }
      parts.push(this.negation());
    }
  }

  private negation(): Part {
    if (isWord(this.peek(), 'not')) {
      const part = this.deeper(() => all([this.negation()]));
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

  private part(): Part {
    this.terms += 1;
    this.limitTerms();
    if (this.peek().kind === 'word' && this.following().kind === 'operator') {
      return this.comparison();
    }
    if (this.peek().kind === 'word' && this.isMembership()) {
      return this.membership();
    }
    const keyword = isWord(this.peek(), 'and', 'or', 'not', 'in');
    if (this.peek().kind === 'quoted' || (this.peek().kind === 'word' && !keyword)) {
      return plain(this.take());
    }
    const { text } = this.peek();
    throw this.error(`expected a word or a condition, not ${text ? quoted(text) : 'the end'}`);
  }

  private comparison(): Test {
    const field = this.take();
    const operator = this.take().text;
    const negated = operator === '!=';
    const equal = negated || operator === '==';
    const test = this.condition(field, equal ? '=' : (operator as Operator));
    return negated ? (of) => !test(of) : test;
  }

  private limitTerms(): void {
    if (this.terms > MAX_TERMS) {
      throw this.error(`it has more than ${MAX_TERMS} words and conditions`);
    }
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
      this.terms += 1;
      parts.push(this.condition(field, '='));
    }
    this.expect(')');
    this.limitTerms();
    return (of) => parts.some((part) => part(of)) !== negated;
  }

  private condition(field: Token, operator: Operator): Test {
    if (this.peek().kind !== 'word' && this.peek().kind !== 'quoted') {
      throw this.error(`a value for ${field.text} is missing`);
    }
    const name = field.text.replace(
      /\."((?:[^"\\]|\\.)*)"$/su,
      (_, inner: string) => `.${unescaped(inner)}`,
    );
    return conditionTest(this.names, name, operator, plain(this.take()), field.position);
  }

  private expect(mark: string): void {
    if (this.peek().kind !== 'mark' || this.peek().text !== mark) {
      throw this.error(`${quoted(mark)} is missing`);
    }
    this.take();
  }
}

function isWord(token: Token, ...words: readonly string[]): boolean {
  return token.kind === 'word' && words.includes(token.text.toLowerCase());
}

function plain(token: Token): Word {
  const quoted = token.kind === 'quoted';
  const text = quoted ? unescaped(token.text.slice(1, -1)) : token.text;
  return { text, quoted, position: token.position };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gsu, '$1');
}

/**
 * Every part must hold; the words side by side become one test, whose last word may be a prefix.
 */
function all(parts: readonly Part[]): Test {
  const words = parts.filter((part) => typeof part !== 'function');
  const tests = parts.filter((part) => typeof part === 'function');
  if (words.length > 0) {
    tests.push(wordsTest(words));
  }
  return (of) => tests.every((test) => test(of));
}

function tokenize(text: string): Token[] {
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
