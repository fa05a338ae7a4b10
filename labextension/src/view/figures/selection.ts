/** Which attachments are drawn, and which are only listed. */

import type { Attachment } from '../data/answers';

/** Attachments to draw. Of an image in two forms, the PNG is drawn; a later one wins. */
export function shownOf(attachments: readonly Attachment[]): Attachment[] {
  const figures = new Map<string, Attachment>();
  for (const each of attachments) {
    if (each.kind === 'other') {
      continue;
    }
    const key = `${each.kind} ${each.title}`;
    if (each.kind !== 'image' || !isSvg(each) || !figures.has(key)) {
      figures.set(key, each);
    }
  }
  return [...figures.values()];
}

const isSvg = ({ name }: Attachment): boolean => name.toLowerCase().endsWith('.svg');
