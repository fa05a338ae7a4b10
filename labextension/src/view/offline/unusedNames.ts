/** Names in a search that no version has, as `nbmodel/index/unused_names.py` finds them. */

import { closeNames } from './closeNames';
import { EVALUATION, type Kind } from './facts';
import { KINDS, type Names } from './searchable';
import { quotedWord, visible } from './searchError';

const MAX_NAMES = 1000; // of a kind, among which a similar one is looked for
const MAX_SUGGESTIONS = 3;
const SINGULAR: Readonly<Record<Kind, string>> = {
  metrics: 'metric',
  params: 'parameter',
  tags: 'tag',
  [EVALUATION]: 'metric of an evaluation',
};

/** A sentence for each metric, parameter and tag that no version has; empty if all exist. */
export function unusedNames(names: Names, fields: Iterable<string>): string {
  return [...fields]
    .map((field) => unused(names, field))
    .filter(Boolean)
    .join(' ');
}

function unused(names: Names, field: string): string {
  const dot = field.indexOf('.');
  const prefix = field.slice(0, Math.max(dot, 0)).toLowerCase();
  const kind = KINDS.find((each) => each === prefix);
  const name = field.slice(dot + 1);
  if (kind === undefined || name === '' || names.of(kind).has(name)) {
    return '';
  }
  const known = [...names.of(kind)].slice(0, MAX_NAMES);
  // A parameter of a step in a pipeline has the name of the step before it.
  const ends = known.filter((each) => each.endsWith(`__${name}`));
  const similar = (ends.length > 0 ? ends : closeNames(name, known)).slice(0, MAX_SUGGESTIONS);
  const listed = similar.map((each) => `${kind}.${visible(each)}`).join(' or ');
  const hint = listed ? ` Did you mean ${listed}?` : '';
  return `No version has the ${SINGULAR[kind]} ${quotedWord(name)}.${hint}`;
}
