/** The words of a search, compared with all texts of a version. */

import { NUMBER, type Searchable, type Test, type Word } from './fields';

/** Characters from which the last word may be a prefix. */
const MIN_PREFIX_LENGTH = 2;

/** Whether a text has all words; the last may be a prefix, because the user may still be typing. */
export function wordsTest(words: readonly Word[]): Test {
  const phrases = words.flatMap(({ text, quoted }, at) => {
    const goesOn = at === words.length - 1 && !quoted && text.length >= MIN_PREFIX_LENGTH;
    const tokens = tokensOf(text);
    return tokens.length > 0 ? [` ${tokens.join(' ')}${goesOn ? '' : ' '}`] : [];
  });
  // A word without letters or digits is ignored; alone it finds nothing.
  return (of) => phrases.length > 0 && phrases.every((phrase) => textOf(of).includes(phrase));
}

/** Words in lower case without diacritics, as SQLite's tokenizer `unicode61` divides a text. */
function tokensOf(text: string): string[] {
  const bare = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return bare.match(/[\p{L}\p{N}\p{Co}]+/gu) ?? [];
}

const texts = new WeakMap<Searchable, string>();

function textOf(of: Searchable): string {
  let text = texts.get(of);
  if (text === undefined) {
    const { row } = of;
    const named = [...of.params, ...of.tags].flat().filter((each) => !NUMBER.test(each));
    const metrics = row.metrics.map(([name]) => name);
    const marks = [...row.stages, ...row.releases];
    const about = [row.ref, of.message, row.author, of.email, of.type, row.flavor, row.summary];
    text = ` ${tokensOf([...about, ...marks, ...metrics, ...named].join('\n')).join(' ')} `;
    texts.set(of, text);
  }
  return text;
}
