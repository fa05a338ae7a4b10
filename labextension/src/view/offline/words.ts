/** The words of a search, compared with the texts and the names of a version. */

import type { Test, Word } from './fields';
import { wordsOf } from './folding';
import type { Searchable } from './searchable';

/** Characters from which the last word may be a prefix. */
const MIN_PREFIX_LENGTH = 2;
/** A stage, a release or a commit id, alone or in a reference. */
const NAME = /^(?:([\w-]{1,64})(?::([\w-]{1,64}))?([@#]))?([\w.+-]{1,80})$/;

/** Whether a version has all words; the last may be a prefix, because the user may still be typing. */
export function wordsTest(words: readonly Word[]): Test {
  const tests = words.flatMap(({ text, quoted }, at) => {
    const isOpen = at === words.length - 1 && !quoted && [...text].length >= MIN_PREFIX_LENGTH;
    const tokens = wordsOf(text);
    const phrase = ` ${tokens.join(' ')}${isOpen ? '' : ' '}`;
    const byName = nameTest(text, isOpen);
    return tokens.length > 0 ? [(of: Searchable) => of.words.includes(phrase) || byName(of)] : [];
  });
  // A word without letters or digits is ignored; alone it finds nothing.
  return (of) => tests.length > 0 && tests.every((test) => test(of));
}

/** Whether a version has this reference, stage, release or commit id. */
function nameTest(text: string, isOpen: boolean): Test {
  const match = NAME.exec(text);
  if (!match) {
    return () => false;
  }
  const [, model, branch, mark, selector = ''] = match;
  const wanted = selector.toLowerCase();
  const isCommit = /^[0-9a-f]{7,40}$/.test(wanted);
  const selects = ({ row }: Searchable): boolean => {
    if (mark === '@' && /^[1-9][0-9]{0,5}$/.test(selector)) {
      return row.number === Number(selector) && row.branch === (branch ?? 'main');
    }
    const labels = [...row.stages, ...row.releases].map((label) => label.toLowerCase());
    const byLabel = labels.some((label) => (isOpen ? label.startsWith(wanted) : label === wanted));
    return !branch && (byLabel || (isCommit && row.commit.startsWith(wanted)));
  };
  return (of) => (!model || of.row.model.toLowerCase() === model.toLowerCase()) && selects(of);
}
