/** The problems of a registry as a whole, or of one question. */

import { h, type Child } from '../ui/dom';
import { count, counted } from '../data/format';
import type { Registry } from '../data/answers';
import { RequestError } from '../data/source';

/** Most unreadable versions in an answer. */
const MAX_UNREADABLE = 100;

/** The number of unreadable versions, with a list that opens; nothing if all are readable. */
export function unreadableNotice(versions: Registry['unreadable']): Child {
  if (versions.length === 0) {
    return null;
  }
  const many =
    versions.length < MAX_UNREADABLE
      ? counted(versions.length, 'version')
      : `${count(MAX_UNREADABLE, true)} versions`;
  return h(
    'details',
    { class: 'nbm-unreadable' },
    h('summary', null, `${many} cannot be read; the others are complete.`),
    h(
      'ul',
      null,
      versions.map(({ ref, commit, reason }) =>
        h('li', null, h('b', null, ref || commit.slice(0, 7)), ' ', reason),
      ),
    ),
    h('p', null, 'Run %model_verify to see what is damaged and where whole copies may be.'),
  );
}

/** Return `error` if it is a `RequestError`, and throw any other error. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) {
    return error;
  }
  throw error;
}
