/** The versions of a page as a search compares them. */

import type { Real, Row, Version } from '../data/answers';
import type { SearchValues, TextField } from './data';
import { typeOf } from './diff';
import {
  EVALUATION,
  metricFact,
  searchPairs,
  shownFact,
  textFact,
  type Fact,
  type Facts,
  type Kind,
} from './facts';
import { compareTexts, wordsOf } from './folding';

/** The kinds, in the order in which a name without a kind is looked up. */
export const KINDS: readonly Kind[] = ['metrics', 'params', 'tags', EVALUATION];

/** The kinds whose values are numbers only. */
export const NUMERIC_KINDS: ReadonlySet<Kind> = new Set<Kind>(['metrics', EVALUATION]);

/** A version with everything that a search reads. Slow parts are computed on first use. */
export class Searchable {
  private ownFacts: Facts | null = null;
  private ownWords: string | null = null;

  /** `age` is its place among all versions, the newest first. */
  constructor(
    readonly row: Row,
    private readonly version: Version,
    private readonly exceptions: SearchValues,
    readonly age: number,
  ) {}

  get author(): string {
    return this.text('author', this.row.author);
  }

  get email(): string {
    return this.text('email', this.version.email);
  }

  /** The whole message. */
  get message(): string {
    return this.text('message', this.version.message);
  }

  /** Class with its module. */
  get type(): string {
    return this.text('type', typeOf(this.version));
  }

  get flavor(): string {
    return this.text('flavor', this.row.flavor);
  }

  get facts(): Facts {
    this.ownFacts ??= {
      metrics: this.numbers('metrics', this.row.metrics),
      params: this.values('params', shownFact),
      tags: this.values('tags', textFact),
      [EVALUATION]: this.numbers('evaluation', this.row.evaluation),
    };
    return this.ownFacts;
  }

  /** All its words, in lower case, with a space before and after each. */
  get words(): string {
    this.ownWords ??= ` ${wordsOf(this.wholeText().join('\n')).join(' ')} `;
    return this.ownWords;
  }

  private text(name: TextField, shown: string): string {
    return this.exceptions.texts?.[name] ?? shown;
  }

  private numbers(
    kind: 'metrics' | 'evaluation',
    shownPairs: Row['metrics'],
  ): ReadonlyMap<string, Fact> {
    const pairs = searchPairs<Real>(shownPairs, this.exceptions[kind]);
    return new Map(pairs.map(({ name, shown }) => [name, metricFact(shown)]));
  }

  private values(
    kind: 'params' | 'tags',
    read: (shown: string) => Fact,
  ): ReadonlyMap<string, Fact> {
    const pairs = searchPairs(this.version[kind], this.exceptions[kind]);
    return new Map(
      pairs.map(({ name, shown, text }) => [
        name,
        text === undefined ? read(shown) : textFact(text),
      ]),
    );
  }

  /** In the order of the index, because a phrase may span two of these texts. */
  private wholeText(): string[] {
    const summary = this.text('summary', this.row.summary);
    const about = [this.row.model, this.message, this.author, this.email, this.type, summary];
    const params = searchPairs(this.version.params, this.exceptions.params);
    const tags = searchPairs(this.version.tags, this.exceptions.tags);
    const metrics = searchPairs<Real>(this.row.metrics, this.exceptions.metrics);
    const names = [...params, ...tags, ...metrics].map(({ name }) => name);
    const texts = params.filter(({ shown, text }) => text !== undefined || shownFact(shown).isText);
    const values = [...texts, ...tags].map(({ shown, text }) => text ?? shown);
    return [...about, ...names, ...values];
  }
}

/** The names of all metrics, parameters and tags of `versions`, in the order of Python. */
export class Names {
  private readonly known = new Map<Kind, ReadonlySet<string>>();

  constructor(private readonly versions: readonly Searchable[]) {}

  of(kind: Kind): ReadonlySet<string> {
    let names = this.known.get(kind);
    if (!names) {
      const all = new Set(this.versions.flatMap(({ facts }) => [...facts[kind].keys()]));
      names = new Set([...all].sort(compareTexts));
      this.known.set(kind, names);
    }
    return names;
  }
}
