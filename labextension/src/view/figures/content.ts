/** The content of an attachment: asked once, and given to the browser as a file. */

import type { Attachment, Version } from '../data/answers';
import type { Source } from '../data/source';
import { saveFile } from '../ui/saveFile';

/** Asks for the content of an attachment of one version. */
export type Load = (attachment: Attachment) => Promise<string>;

const MAX_CACHED = 40;

/** Loads the attachments of `version`, each once, one after the other. */
export function loader(source: Source, version: Version): Load {
  const ref = `${version.row.model}@${version.row.commit}`;
  const contents = new Map<string, Promise<string>>();
  let last: Promise<unknown> = Promise.resolve();
  return ({ sha256 }) => {
    const before = contents.get(sha256);
    if (before) {
      return before;
    }
    const next = last.then(async () => (await source.ask('file', { ref, sha256 })).data);
    last = next.catch(() => undefined);
    contents.set(sha256, next);
    next.catch(() => contents.delete(sha256)); // the next request reads it again
    if (contents.size > MAX_CACHED) {
      contents.delete(contents.keys().next().value!);
    }
    return next;
  };
}

export function bytesOf(data: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
}

export function textOf(data: string): string {
  return new TextDecoder().decode(bytesOf(data));
}

/** Save an attachment; its type keeps the browser from opening it as a page of this site. */
export function saveAttachment(name: string, data: string): void {
  saveFile(name, bytesOf(data), 'application/octet-stream');
}
