/** References in lines of nbmodel's magics: where they are, and which version each one names. */

import { parseReference } from '../view/data/references';

/** A reference in a text; `from` and `to` are positions of its first character and behind its last. */
export interface ReferenceSpan {
  readonly from: number;
  readonly to: number;
  readonly ref: string;
}

/** `%model_log churn`, also `x = %model_diff ...`, `%%model_work` and `!nbmodel log churn`. */
const MAGIC = /^\s*(?:[\w.,\s]+=\s*)?(?:%{1,2}model_\w+|!{1,2}\s*nbmodel)(?=\s|$)/;

/** Selectors that are not stages: the latest version, a number, a commit or a release. */
const SELECTOR = /^(?:latest|[1-9]\d{0,5}|[0-9a-f]{7,40}|v\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)$/;
/** Words of a line; a word with quotes is one word. */
const WORD = /(?:"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s"'])+/g;
const OPTION = /^--?[A-Za-z][\w-]*=/;
const MAX_LINE_CHARACTERS = 2000;

/** Whether a line calls one of nbmodel's magics. */
export function isMagicLine(line: string): boolean {
  return MAGIC.test(line.slice(0, MAX_LINE_CHARACTERS));
}

/** Whether the next line belongs to this one. */
export function isContinued(line: string): boolean {
  return line.endsWith('\\');
}

/**
 * The references among the words of a line that belongs to a magic.
 *
 * A bare model name is not one of them, because a variable may have the same name.
 */
export function referencesIn(line: string): ReferenceSpan[] {
  const text = line.slice(0, MAX_LINE_CHARACTERS);
  return [...text.matchAll(WORD)].flatMap((match) => spanOf(match[0], match.index));
}

/** The reference in one word of a line, after `--uses=` and inside quotes. */
function spanOf(word: string, start: number): ReferenceSpan[] {
  const option = OPTION.exec(word)?.[0].length ?? 0;
  const quote = /^["']/.test(word.slice(option)) ? 1 : 0;
  const first = option + quote;
  const closed = quote === 1 && word.length > first && word.endsWith(word[option]!);
  const ref = word.slice(first, closed ? -1 : undefined);
  return namesVersion(ref) ? [{ from: start + first, to: start + first + ref.length, ref }] : [];
}

/** Whether a word is a reference that says more than the name of a model. */
function namesVersion(word: string): boolean {
  const reference = parseReference(word);
  if (!reference) {
    return false;
  }
  const { branch, selector, stage } = reference;
  if (stage) {
    return !branch; // stages belong to the model as a whole
  }
  return selector ? SELECTOR.test(selector) : word.includes('~');
}
