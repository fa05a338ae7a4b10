/** What a version can be asked for in a search: its fields, metrics, parameters, tags and words. */

import { RequestError, type Pairs, type Real, type Row } from './source';

/** A row with what else can be searched. */
export interface Searchable {
  row: Row;
  params: Pairs;
  tags: Pairs;
}

export type Test = (of: Searchable) => boolean;

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~';
type Compare = (operator: Operator, value: string, position: number) => Test;

const DAY = 86_400;
const AGO: Record<string, number> = {
  h: 3600,
  d: DAY,
  w: 7 * DAY,
  m: 30 * DAY,
  y: 365 * DAY,
};

/** The number that an answer means, JSON's or not. */
export function numberOf(value: Real | string | undefined): number {
  return value === undefined || value === '' ? Number.NaN : Number(value);
}

/** The refusal of something at `position`, counted from 0, of a search. */
export function fail(why: string, position: number): RequestError {
  return new RequestError(
    `The search is not clear: ${why} (at character ${position + 1}).`,
    '',
    'InvalidQuery',
  );
}

/** Whether a word of the row's text begins like this. */
export function wordTest(word: string): Test {
  const wanted = word.toLowerCase();
  return (of) => {
    const text = textOf(of);
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
      if (at === 0 || !/[\p{L}\p{N}]/u.test(text.charAt(at - 1))) {
        return true;
      }
    }
    return false;
  };
}

const texts = new WeakMap<Searchable, string>();

function textOf(of: Searchable): string {
  let text = texts.get(of);
  if (text === undefined) {
    const { row } = of;
    const named = [...of.params, ...of.tags].flat();
    const marks = [...row.stages, ...row.releases];
    text = [row.ref, row.message, row.author, row.type, row.flavor, row.summary, ...marks, ...named]
      .join('\n')
      .toLowerCase();
    texts.set(of, text);
  }
  return text;
}

const ORDERED: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function textField(get: (of: Searchable) => readonly string[]): Compare {
  return (operator, value, position) => {
    const wanted = value.toLowerCase();
    const equal: Test = (of) => get(of).some((each) => each.toLowerCase() === wanted);
    const within: Test = (of) => get(of).some((each) => each.toLowerCase().includes(wanted));
    const tests: Partial<Record<Operator, Test>> = {
      '=': equal,
      '!=': (of) => !equal(of),
      '~': within,
    };
    const test = tests[operator];
    if (!test) {
      throw fail('text can be compared with =, !=, ~ and in', position);
    }
    return test;
  };
}

function numberField(
  get: (of: Searchable) => number,
  read: (text: string) => number = Number,
): Compare {
  return (operator, value, position) => {
    const ordered = ORDERED[operator];
    const wanted = read(value);
    if (!ordered || Number.isNaN(wanted)) {
      throw fail(`${value || 'nothing'} is not something to compare a number with`, position);
    }
    return (of) => {
      const own = get(of);
      return !Number.isNaN(own) && ordered(own, wanted);
    };
  };
}

function readSize(text: string): number {
  const match = /^([0-9.]+) ?([kmgt]?)i?b?$/i.exec(text);
  const scale = ' kmgt'.indexOf((match?.[2] || ' ').toLowerCase());
  return match ? Number(match[1]) * 1000 ** scale : Number.NaN;
}

function dateField(operator: Operator, value: string, position: number): Test {
  const [start, end] = span(value);
  const bounds: Partial<Record<Operator, (time: number) => boolean>> = {
    '=': (time) => time >= start && time < end,
    '!=': (time) => time < start || time >= end,
    '<': (time) => time < start,
    '<=': (time) => time < end,
    '>': (time) => time >= end,
    '>=': (time) => time >= start,
  };
  const test = bounds[operator];
  if (!test || Number.isNaN(start)) {
    throw fail(`${value} is not a date: write 2025-06-30, 2025-06-30T12:00 or 7d (ago)`, position);
  }
  return (of) => test(of.row.time);
}

/** First second of what a date names, and the first after it. */
function span(text: string): [number, number] {
  const ago = /^([0-9]{1,6})([hdwmy])$/.exec(text);
  if (ago) {
    const at = Date.now() / 1000 - Number(ago[1]) * (AGO[ago[2] ?? ''] ?? 0);
    return [at, at];
  }
  const clock = /^\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d(:\d\d)?))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  const zoned = clock?.[3] ? text : `${text}${clock?.[1] ? '' : 'T00:00'}Z`;
  const start = clock ? Date.parse(zoned) / 1000 : Number.NaN;
  const length = clock?.[2] ? 1 : clock?.[1] ? 60 : DAY;
  return [start, start + length];
}

const FIELDS: Readonly<Record<string, Compare>> = {
  name: textField((of) => [of.row.model]),
  model: textField((of) => [of.row.model]),
  branch: textField((of) => [of.row.branch]),
  stage: textField((of) => of.row.stages),
  release: textField((of) => of.row.releases),
  type: textField((of) => [of.row.type]),
  flavor: textField((of) => [of.row.flavor]),
  author: textField((of) => [of.row.author]),
  message: textField((of) => [of.row.message]),
  date: dateField,
  number: numberField((of) => of.row.number),
  size: numberField((of) => of.row.size, readSize),
};

/** A metric, parameter or tag; a bare name is looked up in this order. */
const KINDS: Readonly<Record<string, (of: Searchable) => Pairs<Real | string>>> = {
  metrics: (of) => of.row.metrics,
  params: (of) => of.params,
  tags: (of) => of.tags,
};

/** What a version says of a metric, parameter or tag called `name`, with or without its kind. */
export function factOf(of: Searchable, name: string): Real | string | undefined {
  const dot = name.indexOf('.');
  const kind = name.slice(0, Math.max(dot, 0)).toLowerCase();
  const only = dot > 0 && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  const wanted = only ? name.slice(dot + 1) : name;
  for (const pairs of only ? [only] : Object.values(KINDS)) {
    const found = pairs(of).find(([key]) => key === wanted);
    if (found) {
      return found[1];
    }
  }
  return undefined;
}

function factField(name: string): Compare {
  const asNumber = numberField((of) => numberOf(factOf(of, name)));
  const asText = textField((of) => {
    const fact = factOf(of, name);
    return fact === undefined ? [] : [String(fact)];
  });
  return (operator, value, position) => {
    const numeric = operator !== '~' && value !== '' && !Number.isNaN(Number(value));
    return (numeric ? asNumber : asText)(operator, value, position);
  };
}

/** The test for one condition; a field that is none of ours is a metric, parameter or tag. */
export function conditionTest(
  field: string,
  operator: Operator,
  value: string,
  position: number,
): Test {
  const known = field.toLowerCase();
  const compare = Object.hasOwn(FIELDS, known) ? FIELDS[known] : undefined;
  return (compare ?? factField(field))(operator, value, position);
}
