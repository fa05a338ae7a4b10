/** The axes of parallel coordinates: a parameter or a metric of each version on a scale. */

import { number, parseNumber, real } from '../data/numbers';
import type { Version } from '../data/answers';

/** Most axes that fit beside each other. */
const MAX_AXES = 12;
/** Most texts that an axis of texts has. */
const MAX_TEXTS = 12;
/** The ratio of largest to smallest value from which an axis is logarithmic. */
const WIDE = 100;
const STEPS = [0, 0.5, 1];
/** The place of versions that have no value here, below the scale. */
export const NO_VALUE = -0.16;

export interface Tick {
  place: number;
  text: string;
}

/** A parameter or metric, and the place of each version's value: between 0 and 1, or `NO_VALUE`. */
export interface Axis {
  name: string;
  texts: readonly string[];
  places: readonly number[];
  ticks: readonly Tick[];
}

/** What differs between the versions: parameters first, then metrics. */
export function axesOf(versions: readonly Version[]): Axis[] {
  const params = columns(versions.map((version) => version.params));
  const metrics = columns(
    versions.map(({ row }) => row.metrics.map(([name, value]) => [name, number(real(value))])),
    versions.map(({ row }) => row.metrics.map(([name, value]) => [name, exactText(real(value))])),
  );
  const moved = (values: readonly Values[]): Axis[] => values.flatMap((each) => axisOf(each) ?? []);
  const [first, last] = [moved(params), moved(metrics)];
  const space = Math.max(MAX_AXES - last.length, MAX_AXES / 2);
  return [...first.slice(0, space), ...last].slice(0, MAX_AXES);
}

/** The values of a name in each version; undefined where a version does not have it. */
interface Values {
  name: string;
  texts: ReadonlyArray<string | undefined>;
  exact: ReadonlyArray<string | undefined>;
}

type TextPairs = ReadonlyArray<readonly [string, string]>;

function columns(versions: readonly TextPairs[], exact = versions): Values[] {
  const maps = [versions, exact].map((each) => each.map((pairs) => new Map(pairs)));
  const names = new Set(versions.flatMap((pairs) => pairs.map(([name]) => name)));
  return [...names].map((name) => {
    const [texts, values] = maps.map((each) => each.map((map) => map.get(name)));
    return { name, texts: texts!, exact: values! };
  });
}

/** The axis of a name; null if it is the same in all versions. */
function axisOf({ name, texts, exact }: Values): Axis | null {
  if (new Set(exact).size < 2) {
    return null;
  }
  const words = texts.map((text) => text ?? '–');
  const isNone = (text: string | undefined): boolean => text === undefined || text === 'None';
  const numbers = exact.map((text) => (isNone(text) ? NaN : (parseNumber(text!) ?? null)));
  const scale = numbers.includes(null)
    ? textScale(texts, isNone)
    : numberScale(numbers as readonly number[]);
  if (!scale) {
    return null;
  }
  const none = [...new Set(words.filter((_, index) => scale.places[index] === NO_VALUE))];
  const ticks = none.length ? [{ place: NO_VALUE, text: none.join(', ') }] : [];
  return { name, texts: words, places: scale.places, ticks: [...scale.ticks, ...ticks] };
}

type Scale = Pick<Axis, 'places' | 'ticks'>;

function textScale(
  texts: ReadonlyArray<string | undefined>,
  isNone: (text: string | undefined) => boolean,
): Scale | null {
  const distinct = [...new Set(texts.filter((text) => !isNone(text)))] as string[];
  if (distinct.length > MAX_TEXTS) {
    return null;
  }
  const place = (text: string): number =>
    distinct.length > 1 ? distinct.indexOf(text) / (distinct.length - 1) : 0.5;
  return {
    places: texts.map((text) => (isNone(text) ? NO_VALUE : place(text!))),
    ticks: distinct.map((text) => ({ place: place(text), text })),
  };
}

function numberScale(values: readonly number[]): Scale {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const wide = low > 0 && high / low >= WIDE;
  const [to, from] = wide ? [Math.log, Math.exp] : [identity, identity];
  const [start, end] = [to(low), to(high)];
  const place = (value: number): number => (low < high ? (to(value) - start) / (end - start) : 0.5);
  const steps = low < high ? STEPS : finite.length ? [0.5] : [];
  return {
    places: values.map((value) => (Number.isFinite(value) ? place(value) : NO_VALUE)),
    ticks: steps.map((step) => ({
      place: step,
      text: number(low < high ? from(start + step * (end - start)) : low),
    })),
  };
}

const identity = (value: number): number => value;

const exactText = (value: number): string =>
  Number.isFinite(value) ? String(value) : number(value);
