/** The problems of a registry as a whole, or of one question. */

import { h, type Child } from '../ui/dom';
import { count } from '../data/format';
import type { Registry } from '../data/answers';
import { RequestError } from '../data/source';
import { trans } from '../translation';

/** Most unreadable versions in an answer. */
const MAX_UNREADABLE = 100;

/** The number of unreadable versions, with a list that opens; nothing if all are readable. */
export function unreadableNotice(versions: Registry['unreadable']): Child {
  if (versions.length === 0) {
    return null;
  }
  const total = versions.length;
  const what = trans._n(
    '%2 version cannot be read; the others are complete.',
    '%2 versions cannot be read; the others are complete.',
    total,
    count(Math.min(total, MAX_UNREADABLE), total >= MAX_UNREADABLE),
  );
  return h(
    'details',
    { class: 'nbm-unreadable' },
    h('summary', null, what),
    h(
      'ul',
      null,
      versions.map(({ ref, commit, reason }) =>
        h('li', null, h('b', null, ref || commit.slice(0, 7)), ' ', reason),
      ),
    ),
    h(
      'p',
      null,
      trans.__('Run %model_verify to see what is damaged and where whole copies may be.'),
    ),
  );
}

/** Return `error` if it is a `RequestError`, and throw any other error. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) {
    return error;
  }
  throw error;
}
