/** The fields of a version in a search: metrics, parameters, tags, words and others. */

import type { Pairs, Row } from '../data/answers';
import { beginsWord, fold } from './folding';
import { quotedWord, SearchError } from './searchError';

/** A row with the other searchable values. */
export interface Searchable {
  row: Row;
  /** Class with its module. */
  type: string;
  email: string;
  /** The whole message. */
  message: string;
  params: Pairs;
  tags: Pairs;
}

/** A word, a quoted phrase, or the value in a condition; a quoted one is never a number. */
export interface Word {
  text: string;
  quoted: boolean;
  /** Where it begins in the search, counted from 0. */
  position: number;
}

/** The names of all metrics, parameters and tags, by kind. */
export type Names = Readonly<Record<Kind, ReadonlySet<string>>>;
export type Kind = 'metrics' | 'params' | 'tags';

export type Test = (of: Searchable) => boolean;

export type Operator = '=' | '<' | '<=' | '>' | '>=' | '~';
type Compare = (operator: Operator, value: Word, position: number) => Test;

/** A number in a search or in a parameter. */
export const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$/;

const DAY = 86_400;
const AGO: Record<string, number> = {
  h: 3600,
  d: DAY,
  w: 7 * DAY,
  m: 30 * DAY,
  y: 365 * DAY,
};

/** The number of a value in an answer; JSON sends NaN and infinities as text. */
export function numberOf(value: number | string | undefined): number {
  return value === undefined || value === '' ? Number.NaN : Number(value);
}

const ORDERED: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
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
  get: (of: Searchable) => number,
  read: (text: string) => number = readNumber,
): Compare {
  return (operator, value, position) => {
    const ordered = ORDERED[operator];
    const wanted = value.quoted ? Number.NaN : read(value.text);
    if (Number.isNaN(wanted)) {
      const what = read === readNumber ? 'a number' : 'a size: write 500kB, 10MB or 2GB';
      throw new SearchError(`${quotedWord(value.text)} is not ${what}`, value.position);
    }
    if (!ordered) {
      throw new SearchError('a number can be compared with =, !=, <, <=, >, >= and in', position);
    }
    return (of) => {
      const own = get(of);
      return !Number.isNaN(own) && ordered(own, wanted);
    };
  };
}

/** The number that a text stands for, else NaN. */
function readNumber(text: string): number {
  return NUMBER.test(text) ? Number(text) : Number.NaN;
}

function readSize(text: string): number {
  const match = /^([0-9.]+) ?([kmgt]?)i?b?$/i.exec(text);
  const scale = ' kmgt'.indexOf((match?.[2] || ' ').toLowerCase());
  return match ? readNumber(match[1] ?? '') * 1000 ** scale : Number.NaN;
}

function dateField(operator: Operator, value: Word, position: number): Test {
  const [start, end] = span(value.text);
  const bounds: Partial<Record<Operator, (time: number) => boolean>> = {
    '=': (time) => time >= start && time < end,
    '<': (time) => time < start,
    '<=': (time) => time < end,
    '>': (time) => time >= end,
    '>=': (time) => time >= start,
  };
  const test = bounds[operator];
  if (Number.isNaN(start)) {
    throw new SearchError(
      `${quotedWord(value.text)} is not a date: write 2025-06-30, 2025-06-30T12:00 or 7d (ago)`,
      value.position,
    );
  }
  if (!test) {
    throw new SearchError('a date can be compared with =, !=, <, <=, >, >= and in', position);
  }
  return (of) => test(of.row.time);
}

/** The first second of a date, and the first second after it. */
function span(text: string): [number, number] {
  const ago = /^([0-9]{1,6})([hdwmy])$/.exec(text);
  if (ago) {
    const at = Date.now() / 1000 - Number(ago[1]) * (AGO[ago[2] ?? ''] ?? 0);
    return [at, at];
  }
  const clock = /^\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d(:\d\d)?))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  const zoned = clock?.[3] ? text : `${text}${clock?.[1] ? '' : 'T00:00'}Z`;
  const start = clock && isDay(text.slice(0, 10)) ? Date.parse(zoned) / 1000 : Number.NaN;
  const length = clock?.[2] ? 1 : clock?.[1] ? 60 : DAY;
  return [start, start + length];
}

/** Whether the day exists; `Date.parse` reads February 30 as March 2. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

const FIELDS: Readonly<Record<string, Compare>> = {
  name: textField((of) => [of.row.model]),
  model: textField((of) => [of.row.model]),
  branch: textField((of) => [of.row.branch]),
  stage: textField((of) => of.row.stages),
  release: textField((of) => of.row.releases),
  type: typeField,
  flavor: textField((of) => [of.row.flavor]),
  author: textField((of) => [`${of.row.author} <${of.email}>`], beginsWord),
  date: dateField,
  number: numberField((of) => of.row.number),
  message: textField((of) => [of.message], beginsWord),
  size: numberField((of) => of.row.size, readSize),
};

/** The values of each kind; a name without a kind is looked up in this order. */
const KINDS: Readonly<Record<Kind, (of: Searchable) => Pairs<number | string>>> = {
  metrics: (of) => of.row.metrics,
  params: (of) => of.params,
  tags: (of) => of.tags,
};

/** The value of a metric, parameter or tag. */
export function factOf(of: Searchable, kind: Kind, name: string): number | string | undefined {
  return KINDS[kind](of).find(([key]) => key === name)?.[1];
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}

/** The names of all metrics, parameters and tags of `versions`. */
export function namesOf(versions: readonly Searchable[]): Names {
  const names = { metrics: new Set<string>(), params: new Set<string>(), tags: new Set<string>() };
  for (const of of versions) {
    for (const kind of Object.keys(names) as Kind[]) {
      KINDS[kind](of).forEach(([name]) => names[kind].add(name));
    }
  }
  return names;
}

/** Kind and name of a metric, parameter or tag; `KINDS` has the order of a bare name. */
export function kindOf(names: Names, field: string, position: number): [Kind, string] {
  const dot = field.indexOf('.');
  const prefix = field.slice(0, Math.max(dot, 0)).toLowerCase();
  if (isKind(prefix) && dot + 1 < field.length) {
    return [prefix, field.slice(dot + 1)];
  }
  const kind = (Object.keys(KINDS) as Kind[]).find((each) => names[each].has(field));
  if (kind === undefined) {
    const known = [...Object.keys(FIELDS), ...Object.keys(KINDS).map((each) => `${each}.NAME`)];
    throw new SearchError(
      `there is no field, metric, parameter or tag ${quotedWord(field)}; fields are ${known.join(', ')}`,
      position,
    );
  }
  return [kind, field];
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
    if (!names[kind].has(name)) {
      return () => false; // no version has a value of that name
    }
    const get = (of: Searchable) => factOf(of, kind, name);
    const spellsNumber = !value.quoted && NUMBER.test(value.text);
    if (kind === 'metrics' || (spellsNumber && operator !== '~')) {
      return numberField((of) => numberOf(get(of)))(operator, value, position);
    }
    if (operator === '=' || operator === '~') {
      const texts = (of: Searchable) => [get(of)].filter((fact) => fact !== undefined).map(String);
      return textField(texts)(operator, value, position);
    }
    return orderedTexts(get, operator, fold(value.text));
  };
}

/** Compare texts alphabetically; a number is not a text. */
function orderedTexts(
  get: (of: Searchable) => number | string | undefined,
  operator: Operator,
  wanted: string,
): Test {
  return (of) => {
    const fact = get(of);
    if (fact === undefined || NUMBER.test(String(fact))) {
      return false;
    }
    const own = fold(String(fact));
    return ORDERED[operator]?.(own < wanted ? -1 : own > wanted ? 1 : 0, 0) ?? false;
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
