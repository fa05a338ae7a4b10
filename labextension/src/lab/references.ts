/** References in lines of nbmodel's magics: where they are, and which version each one names. */

/** A reference in a text; `from` and `to` are positions of its first character and behind its last. */
export interface ReferenceSpan {
  readonly from: number;
  readonly to: number;
  readonly ref: string;
}

/** `%model_log churn`, also `x = %model_diff ...`, `%%model_work` and `!nbmodel log churn`. */
const MAGIC = /^\s*(?:[\w.,\s]+=\s*)?(?:%{1,2}model_\w+|!{1,2}\s*nbmodel)(?=\s|$)/;

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?';
const RELEASE = String.raw`v\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?`;
const VERSION = `latest|[1-9]\\d{0,5}|[0-9a-f]{7,40}|${RELEASE}`;
/** NAME[:BRANCH][@SELECTOR | #STAGE][~N], but more than a name; see nbmodel/refs.py. */
const REFERENCE = new RegExp(
  `^${NAME}(?:[@#]${NAME}|(?::${NAME})?@(?:${VERSION})|(?::${NAME})?(?=~))(?:~\\d{1,9})?$`,
);
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

/** The reference in a word, behind `--uses=` and inside of quotes. */
function spanOf(word: string, start: number): ReferenceSpan[] {
  const option = OPTION.exec(word)?.[0].length ?? 0;
  const quote = /^["']/.test(word.slice(option)) ? 1 : 0;
  const first = option + quote;
  const closed = quote === 1 && word.length > first && word.endsWith(word[option]!);
  const ref = word.slice(first, closed ? -1 : undefined);
  return REFERENCE.test(ref) ? [{ from: start + first, to: start + first + ref.length, ref }] : [];
}
