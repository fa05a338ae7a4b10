/** The content of the figures and files that a page holds. */

import { RequestError } from '../data/source';
import type { FileContent } from '../data/answers';
import { own } from '../data/own';

export function contentOf(files: Readonly<Record<string, string>>, sha256: string): FileContent {
  const data = own(files, sha256);
  if (data === undefined) {
    throw new RequestError(
      'This page leaves out this file: it holds at most 8 MB of figures and files.',
      'Open the registry in a notebook to see it.',
      'NotFound',
    );
  }
  return { data };
}
