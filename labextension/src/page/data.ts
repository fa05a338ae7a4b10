/** The data that is written into a page: JSON, compressed with gzip, encoded in base64. */

import type { Embedded } from '../view/offline/data';

/** Id of the script element with the data. */
export const DATA = 'nbmodel-data';
const FORMAT = 1;

/** Read a block of `page`; blocks may come after the script that draws the page. */
export async function readBlock(page: Document, id: string): Promise<unknown> {
  if (id !== DATA && page.readyState === 'loading') {
    await new Promise((resolve) =>
      page.addEventListener('DOMContentLoaded', resolve, { once: true }),
    );
  }
  const text = page.getElementById(id)?.textContent?.trim();
  if (!text) {
    throw new Error('This page holds no data.');
  }
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(stream).json()) as unknown;
}

/** Read the data of `page`; throws an `Error` that says what is wrong with it. */
export async function readData(page: Document): Promise<Embedded> {
  const data = (await readBlock(page, DATA)) as { format: unknown };
  if (data.format !== FORMAT) {
    throw new Error(
      `This page contains data of format ${String(data.format)}, but its program reads format ${FORMAT}.`,
    );
  }
  return data as Embedded;
}
