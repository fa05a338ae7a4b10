/** Texts as words of a shell, and as literals of Python. */

import { RequestError } from '../view/data/source';
import { trans } from './translation';

/** Quote a word so that a shell reads it back unchanged. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gs;

/** The string that a Python `repr` stands for. */
export function unquote(literal: string): string {
  const match = /^(['"])(.*)\1$/s.exec(literal.trim());
  if (!match) {
    throw new RequestError(trans.__('The kernel did not answer with text.'), '', 'kernel');
  }
  return match[2]!.replace(ESCAPE, (_, x?: string, u?: string, big?: string, one?: string) => {
    const hex = x ?? u ?? big;
    return hex === undefined
      ? (ESCAPES[one!] ?? one!)
      : String.fromCodePoint(Number.parseInt(hex, 16));
  });
}
