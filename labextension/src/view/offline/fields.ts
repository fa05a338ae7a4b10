/** The fields of a version in a search: metrics, parameters, tags, words and others. */

import { didYouMean } from './closeNames';
import { spanOf } from './dates';
import { compareNumbers, readNumber, type Fact, type Kind, type Numeric } from './facts';
import { beginsWord, compareTexts, fold } from './folding';
import { KINDS, NUMERIC_KINDS, type Names, type Searchable } from './searchable';
import { quotedWord, SearchError } from './searchError';

/** Names among which a similar one is looked for. */
const MAX_NAMES = 500;

/** A word, a quoted phrase, or the value in a condition; a quoted one is never a number. */
export interface Word {
  text: string;
  quoted: boolean;
  /** Where it begins in the search, counted from 0. */
  position: number;
}

export type Test = (of: Searchable) => boolean;

export type Operator = '=' | '<' | '<=' | '>' | '>=' | '~';
type Compare = (operator: Operator, value: Word, position: number) => Test;

/** By operator: whether it holds if the left side is less (-1), equal (0) or greater (1). */
const ORDERED: Record<string, (order: number) => boolean> = {
  '=': (order) => order === 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function textField(
  get: (of: Searchable) => readonly string[],
  equals: (text: string, folded: string) => boolean = (text, folded) => fold(text) === folded,
): Compare {
  return (operator, value, position) => {
    const wanted = fold(value.text);
    if (operator === '=') {
      return (of) => get(of).some((each) => equals(each, wanted));
    }
    if (operator === '~') {
      return (of) => get(of).some((each) => fold(each).includes(wanted));
    }
    throw new SearchError('text can be compared with =, !=, ~ and in', position);
  };
}

function numberField(
  get: (of: Searchable) => Numeric | null,
  read: (text: string) => Numeric | null = readNumber,
): Compare {
  return (operator, value, position) => {
    const ordered = ORDERED[operator];
    const wanted = value.quoted ? null : read(value.text);
    if (wanted === null) {
      const what = read === readNumber ? 'a number' : 'a size: write 500kB, 10MB or 2GB';
      throw new SearchError(`${quotedWord(value.text)} is not ${what}`, value.position);
    }
    if (!ordered) {
      throw new SearchError('a number can be compared with =, !=, <, <=, >, >= and in', position);
    }
    return (of) => {
      const own = get(of);
      return own !== null && ordered(compareNumbers(own, wanted));
    };
  };
}

function readSize(text: string): number | null {
  const match = /^([0-9.]+) ?([kmgt]?)i?b?$/i.exec(text);
  const scale = ' kmgt'.indexOf((match?.[2] || ' ').toLowerCase());
  const number = readNumber(match?.[1] ?? '');
  return number === null ? null : Number(number) * 1000 ** scale;
}

function dateField(operator: Operator, value: Word, position: number): Test {
  const span = spanOf(value.text);
  if (!span) {
    const why = 'is not a date: write 2025-06-30, 2025-06, 2025-06-30T12:00 or 7d (ago)';
    throw new SearchError(`${quotedWord(value.text)} ${why}`, value.position);
  }
  const [start, end] = span;
  const bounds: Partial<Record<Operator, (time: number) => boolean>> = {
    '=': (time) => time >= start && time < end,
    '<': (time) => time < start,
    '<=': (time) => time < end,
    '>': (time) => time >= end,
    '>=': (time) => time >= start,
  };
  const test = bounds[operator];
  if (!test) {
    throw new SearchError('a date can be compared with =, !=, <, <=, >, >= and in', position);
  }
  return (of) => test(of.row.time);
}

const FIELDS: Readonly<Record<string, Compare>> = {
  name: textField((of) => [of.row.model]),
  model: textField((of) => [of.row.model]),
  branch: textField((of) => [of.row.branch]),
  stage: textField((of) => of.row.stages),
  release: textField((of) => of.row.releases),
  type: typeField,
  flavor: textField((of) => [of.flavor]),
  author: textField((of) => [`${of.author} <${of.email}>`], beginsWord),
  date: dateField,
  number: numberField((of) => of.row.number),
  message: textField((of) => [of.message], beginsWord),
  size: numberField((of) => of.row.size, readSize),
};

/** The value of a metric, parameter or tag. */
export function factOf(of: Searchable, kind: Kind, name: string): Fact | undefined {
  return of.facts[kind].get(name);
}

function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}

/** Kind and name of a metric, parameter or tag; `KINDS` has the order of a bare name. */
export function kindOf(names: Names, field: string, position: number): [Kind, string] {
  const dot = field.indexOf('.');
  const prefix = field.slice(0, Math.max(dot, 0)).toLowerCase();
  if (isKind(prefix) && dot + 1 < field.length) {
    return [prefix, field.slice(dot + 1)];
  }
  const kind = KINDS.find((each) => names.of(each).has(field));
  if (kind === undefined) {
    throw unknownField(names, field, position);
  }
  return [kind, field];
}

function unknownField(names: Names, field: string, position: number): SearchError {
  const fields = Object.keys(FIELDS);
  const listed = [...fields, ...KINDS.map((kind) => `${kind}.NAME`)].join(', ');
  const used = new Set(KINDS.flatMap((kind) => [...names.of(kind)]));
  const first = [...used].sort(compareTexts).slice(0, MAX_NAMES);
  const why = `there is no field, metric, parameter or tag ${quotedWord(field)}; fields are ${listed}`;
  const hint = didYouMean(field, [...fields, ...first]);
  return new SearchError(hint ? `${why}. ${hint}` : why, position);
}

/** A test of the class: `LogisticRegression` matches as well as the whole dotted path. */
function typeField(operator: Operator, value: Word, position: number): Test {
  const ending = fold(`.${value.text}`);
  return operator === '='
    ? (of) => fold(`.${of.type}`).endsWith(ending)
    : textField((of) => [of.type])(operator, value, position);
}

function factField(names: Names, field: string): Compare {
  return (operator, value, position) => {
    const [kind, name] = kindOf(names, field, position);
    if (!names.of(kind).has(name)) {
      return () => false; // no version has a value of that name
    }
    const get = (of: Searchable) => factOf(of, kind, name);
    const spellsNumber = !value.quoted && readNumber(value.text) !== null;
    if (NUMERIC_KINDS.has(kind) || (spellsNumber && operator !== '~')) {
      return numberField((of) => get(of)?.number ?? null)(operator, value, position);
    }
    const wanted = fold(value.text);
    if (operator === '~') {
      return (of) => get(of)?.part.includes(wanted) ?? false;
    }
    return (of) => {
      const text = get(of)?.text ?? null;
      return text !== null && (ORDERED[operator]?.(compareTexts(text, wanted)) ?? false);
    };
  };
}

/** Whether `name` is a field, and not a metric, parameter or tag. */
export function isField(name: string): boolean {
  return Object.hasOwn(FIELDS, name);
}

/** The test for one condition; an unknown field is a metric, parameter or tag. */
export function conditionTest(
  names: Names,
  field: string,
  operator: Operator,
  value: Word,
  position: number,
): Test {
  const known = field.toLowerCase();
  const compare = isField(known) ? FIELDS[known] : undefined;
  return (compare ?? factField(names, field))(operator, value, position);
}
