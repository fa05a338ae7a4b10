/**
 * The search language of nbmodel over rows in the browser.
 *
 * It has the same words, conditions and precedence as in a notebook. Words and conditions side by
 * side must all hold, `or` binds less tightly than `and`, and `not` negates what follows it.
 */

import { conditionTest, type Operator, type Test, type Word } from './fields';
import type { Names } from './searchable';
import { invalidQuery, quoted, SearchError } from './searchError';
import { orderBy, type Order, type SortKey } from './sorting';
import { fieldName, isWord, plain, tokenize, type Token } from './tokens';
import { wordsTest } from './words';

const MAX_TERMS = 64; // words and conditions
const MAX_DEPTH = 32;
const MAX_SORT_KEYS = 8;
/** What to write for a direction in full. */
const DIRECTIONS: ReadonlyMap<string, string> = new Map([
  ['ascending', 'asc'],
  ['descending', 'desc'],
]);

/** What must hold, and the order of the versions. */
export interface Query {
  test: Test;
  /** Its order; throws the error that a user sees, if there is no such field. */
  order(): readonly Order[];
  /** The fields of its conditions, in the order of the text. */
  fields: ReadonlySet<string>;
}

/** Parse a search expression. The error names the position, counted from 1. */
export function parseQuery(text: string, names: Names): Query {
  return explained(text, () => {
    const { test, keys, fields } = new Parser(text, names).whole();
    return {
      test,
      fields,
      order: () => explained(text, () => keys.map((key) => orderBy(names, key))),
    };
  });
}

/** What `read` returns, or its error with the search. */
function explained<T>(text: string, read: () => T): T {
  try {
    return read();
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
  private readonly fields = new Set<string>();
  /** Make the tests of conditions; a mistake in the grammar is reported before one in a condition. */
  private readonly makeTests: Array<() => void> = [];

  constructor(
    text: string,
    private readonly names: Names,
  ) {
    this.tokens = tokenize(text);
  }

  whole(): { test: Test; keys: readonly SortKey[]; fields: ReadonlySet<string> } {
    const isFiltered = this.peek().kind !== 'end' && !this.isOrder();
    const test = isFiltered ? all([this.either()]) : () => true;
    const order = this.isOrder() ? this.sortKeys() : [];
    if (this.peek().kind !== 'end') {
      const { text } = this.peek();
      const direction = DIRECTIONS.get(text.toLowerCase());
      const why = direction ? `: write ${direction}` : ": 'order by' comes last";
      throw this.error(`${quoted(text)} is not expected here${order.length > 0 ? why : ''}`);
    }
    this.makeTests.forEach((make) => make());
    return { test, keys: order, fields: this.fields };
  }

  /** Whether `order by` begins here, and not the word `order` before a condition on `by`. */
  private isOrder(): boolean {
    return (
      isWord(this.peek(), 'order') &&
      isWord(this.following(), 'by') &&
      this.following(2).kind !== 'operator' &&
      !this.isMembership(1)
    );
  }

  private sortKeys(): SortKey[] {
    this.take();
    const keys: SortKey[] = [];
    do {
      this.take();
      keys.push(this.sortKey());
    } while (this.peek().text === ',');
    if (keys.length > MAX_SORT_KEYS) {
      throw this.error(`it sorts by more than ${MAX_SORT_KEYS} fields`);
    }
    return keys;
  }

  private sortKey(): SortKey {
    if (this.peek().kind !== 'word' && this.peek().kind !== 'quoted') {
      throw this.error('a field to sort by is missing');
    }
    const token = this.take();
    const reversed = token.kind === 'word' && token.text.startsWith('-');
    const name = reversed ? fieldName(token).slice(1) : fieldName(token);
    const descending = isWord(this.peek(), 'asc', 'desc') ? isWord(this.take(), 'desc') : reversed;
    return { name, descending, position: token.position };
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

  /** A single word stays a word, also in parentheses: it is adjacent to those around them. */
  private either(): Part {
    const first = this.both();
    const tests: Test[] = [];
    while (isWord(this.peek(), 'or')) {
      this.take();
      tests.push(all([this.both()]));
    }
    if (tests.length === 0) {
      return first;
    }
    tests.unshift(all([first]));
    return (of) => tests.some((test) => test(of));
  }

  private both(): Part {
    const parts: Part[] = [this.negation()];
    for (;;) {
      if (isWord(this.peek(), 'and')) {
        this.take();
      } else if (this.endsHere()) {
        return parts.length === 1 ? parts[0]! : all(parts);
      }
      parts.push(this.negation());
    }
  }

  private endsHere(): boolean {
    const { kind, text } = this.peek();
    return kind === 'end' || text === ')' || isWord(this.peek(), 'or') || this.isOrder();
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

  private deeper<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) {
      throw this.error(`it is nested more than ${MAX_DEPTH} deep`);
    }
    this.take();
    const part = read();
    this.depth -= 1;
    return part;
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
    if (this.isPattern()) {
      throw this.error('write ~ instead of like: author ~ nina');
    }
    const isOrder = this.isOrder();
    const keyword = isOrder || isWord(this.peek(), 'and', 'or', 'not', 'in');
    if (this.peek().kind === 'quoted' || (this.peek().kind === 'word' && !keyword)) {
      return plain(this.take());
    }
    const text = isOrder ? 'order by' : this.peek().text;
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

  /** Whether the token `field` behind this one is a field that is compared with a list. */
  private isMembership(field = 0): boolean {
    const by = field + (isWord(this.following(field + 1), 'not') ? 2 : 1);
    return isWord(this.following(by), 'in') && this.following(by + 1).text === '(';
  }

  /** Whether this is the word `like` of SQL behind a field, which is here written `~`. */
  private isPattern(): boolean {
    return (
      this.tokens[this.at - 1]?.kind === 'word' &&
      isWord(this.peek(), 'like', 'ilike') &&
      this.following().kind === 'quoted'
    );
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
    const name = fieldName(field);
    this.fields.add(name);
    const value = plain(this.take());
    let test: Test = () => false;
    this.makeTests.push(() => {
      test = conditionTest(this.names, name, operator, value, field.position);
    });
    return (of) => test(of);
  }

  private expect(mark: string): void {
    if (this.peek().kind !== 'mark' || this.peek().text !== mark) {
      throw this.error(`${quoted(mark)} is missing`);
    }
    this.take();
  }
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
