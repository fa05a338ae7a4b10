/** What is wrong with a registry as a whole, or with one question. */

import { h, type Child } from '../ui/dom';
import { count, counted } from '../data/format';
import { RequestError, type Registry } from '../data/source';

/** Versions listed in an answer at most. */
const MOST = 100;

/** How many versions cannot be read, and when it is opened which and why; nothing if all can. */
export function unreadableNotice(versions: Registry['unreadable']): Child {
  if (versions.length === 0) {
    return null;
  }
  const many =
    versions.length < MOST ? counted(versions.length, 'version') : `${count(MOST, true)} versions`;
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

/** The refusal in `error`; whatever else it is goes on as what it is. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) {
    return error;
  }
  throw error;
}
