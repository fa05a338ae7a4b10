/**
 * The differences between two versions, for a page without a server.
 *
 * The sections and their texts are those of `nbmodel/versioning/verbs/diff.py`. A page does not
 * hold fitted arrays: `arrays` is null, and the number of shared bytes is unknown (NaN).
 */

import { structuredPatch, type StructuredPatchHunk } from 'diff';

import { shownFact } from './facts';
import { delta, number, parseNumber, size } from '../data/numbers';
import type { Change, Column, Difference, Profile, Real, Version } from '../data/answers';

/** The tag that names the metrics of which less is better. */
const LOWER_TAG = 'lower_is_better';
const ABSENT = '-';
const CONTEXT = 2;
const INTEGER = /^-?\d+$/; // may have more digits than a JavaScript number

/** One side of a comparison: the value for comparing and subtracting, and its text. */
interface Fact {
  text: string;
  value: number | null;
  /** Whether it was recorded as a text, which differs from any number or constant. */
  isText?: boolean;
}
type Facts = ReadonlyMap<string, Fact>;

/** Whether the parameter at a position is a text, though it looks like another value. */
export type IsText = (version: Version, position: number) => boolean;

/** Compare two versions, of one model or of two. */
export function difference(
  before: Version,
  after: Version,
  isText: IsText = () => false,
): Difference {
  const sections = SECTIONS.map(([title, facts]) => ({
    title,
    changes: changes(facts(before, isText), facts(after, isText)),
  }));
  const same = before.row.commit === after.row.commit;
  return {
    before: before.row.ref,
    after: after.row.ref,
    sections: sections.filter((section) => section.changes.length > 0),
    arrays: null,
    cells: cells(before, after),
    sharedBytes: same ? after.row.size : NaN,
    storedBytes: after.row.size,
  };
}

type ReadFacts = (version: Version, isText: IsText) => Facts;

const SECTIONS: ReadonlyArray<readonly [string, ReadFacts]> = [
  [
    'object',
    (v) =>
      facts([
        ['type', plain(typeOf(v))],
        ['summary', plain(v.row.summary)],
      ]),
  ],
  ['metrics', (v) => facts(v.row.metrics.map(([name, value]) => [name, numeric(value)]))],
  ['parameters', (v, isText) => facts(v.params.map((pair, at) => parameter(pair, isText(v, at))))],
  ['tags', (v) => facts(tags(v))],
  ['counts', (v) => facts(v.counts.map(([name, count]) => [name, whole(count)]))],
  ['signature', (v) => facts([...columns('input', v.inputs), ...columns('output', v.outputs)])],
  ['data', (v) => facts(data(v.profile))],
  ['figures and files', (v) => facts(attached(v))],
  ['environment', (v) => facts(installed(v))],
];

/** The tags without the directions of metrics, which hold in the whole registry. */
function tags(version: Version): Named[] {
  const others = version.tags.filter(([name]) => name !== LOWER_TAG);
  return others.map(([name, text]) => [name, plain(text)]);
}

/** Size and the beginning of the digest of each file of the commit. */
function attached(version: Version): Named[] {
  const own = version.attachments.filter(({ author }) => !author);
  return own.map(({ name, size: bytes, sha256 }) => [
    name,
    plain(`${size(bytes)} ${sha256.slice(0, 8)}`),
  ]);
}

/** The environment without nbmodel, which the object does not need to run. */
function installed(version: Version): Named[] {
  const others = version.environment.filter(([name]) => name !== 'nbmodel');
  return others.map(([name, text]) => [name, plain(text)]);
}

type Named = readonly [string, Fact];

function facts(pairs: Iterable<Named>): Facts {
  return new Map(pairs);
}

const plain = (text: string): Fact => ({ text, value: null });
const whole = (value: number): Fact => ({ text: String(value), value });
const numeric = (value: Real): Fact => ({ text: number(value), value: Number(value) });

/** A parameter as Python shows it; a point or an exponent means that it was a float. */
function parameter([name, shown]: readonly [string, string], isText: boolean): Named {
  const text = isText || shownFact(shown).isText;
  return [name, text ? { text: shown, value: null, isText: true } : written(shown)];
}

function written(text: string): Fact {
  const value = parseNumber(text);
  const float = value !== null && !/^[+-]?\d+$/.test(text);
  return { text: float ? number(value) : text, value };
}

/** `module.Class`, which precedes the summary in `about`; else only the class. */
export function typeOf(version: Version): string {
  const object = version.about.find(([name]) => name === 'object')?.[1] ?? '';
  const end = object.indexOf(': ');
  return end > 0 ? object.slice(0, end) : version.row.type;
}

function columns(kind: string, given: readonly Column[]): Named[] {
  return given.map((column) => [
    `${kind} ${column.name}`,
    plain(`${column.dtype}[${column.shape.join(', ')}]`),
  ]);
}

const AGGREGATES = ['dtype', 'missing', 'unique', 'min', 'mean', 'max', 'std'] as const;

/** A profile as flat facts: rows, fingerprint, and each column's aggregates. */
function data(profile: Profile | null): Named[] {
  const flat: Named[] = [];
  for (const key of ['rows', 'fingerprint'] as const) {
    if (profile?.[key] !== undefined) {
      flat.push([key, recorded(profile[key], '')]);
    }
  }
  for (const column of profile?.columns ?? []) {
    for (const key of AGGREGATES) {
      if (column[key] !== undefined) {
        flat.push([`${column.name} ${key}`, recorded(column[key], column.dtype)]);
      }
    }
  }
  return flat;
}

/** A JSON value as Python shows it; only the column's dtype distinguishes 4 from 4.0. */
function recorded(value: number | string | null, dtype: string): Fact {
  if (typeof value !== 'number') {
    return plain(value ?? 'None');
  }
  const integral = Number.isInteger(value) && !dtype.startsWith('float');
  return integral ? whole(value) : numeric(value);
}

function changes(before: Facts, after: Facts): Change[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    return same(old, now) ? [] : [change(name, old, now)];
  });
}

function same(old: Fact | undefined, now: Fact | undefined): boolean {
  if (!old || !now || Boolean(old.isText) !== Boolean(now.isText)) {
    return false;
  }
  if (old.isText) {
    return old.text === now.text;
  }
  if (INTEGER.test(old.text) && INTEGER.test(now.text)) {
    return BigInt(old.text) === BigInt(now.text);
  }
  const bothNumbers = old.value !== null && now.value !== null;
  return bothNumbers ? Object.is(old.value! + 0, now.value! + 0) : old.text === now.text;
}

function change(name: string, old: Fact | undefined, now: Fact | undefined): Change {
  return {
    name,
    before: old?.text ?? ABSENT,
    after: now?.text ?? ABSENT,
    note: old && now ? note(old, now) : '',
  };
}

function note(old: Fact, now: Fact): string {
  if (old.value === null || now.value === null) {
    return '';
  }
  if (INTEGER.test(old.text) && INTEGER.test(now.text)) {
    return delta(0, Number(BigInt(now.text) - BigInt(old.text)));
  }
  return delta(old.value, now.value);
}

/** A unified diff of the cells, with the header that Python's `difflib` writes. */
function cells(before: Version, after: Version): string[] {
  const [old, now] = [ended(before.cells), ended(after.cells)];
  if (old === now) {
    return [];
  }
  const { hunks } = structuredPatch('', '', old, now, '', '', { context: CONTEXT });
  return [
    `--- ${before.row.ref}`,
    `+++ ${after.row.ref}`,
    ...hunks.flatMap((hunk) => [heading(hunk), ...hunk.lines]),
  ];
}

/** End the last line, so that the diff has no mark for a missing newline. */
function ended(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n');
  return !lines || lines.endsWith('\n') ? lines : `${lines}\n`;
}

function heading(hunk: StructuredPatchHunk): string {
  const from = range(hunk.oldStart, hunk.oldLines);
  const to = range(hunk.newStart, hunk.newLines);
  return `@@ -${from} +${to} @@`;
}

/** A range as in POSIX `diff -u`: an empty range starts on the line before. */
function range(start: number, length: number): string {
  return length === 1 ? `${start}` : `${length ? start : start - 1},${length}`;
}
