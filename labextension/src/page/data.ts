/** The data that is written into a page: JSON, compressed with gzip, encoded in base64. */

import type { Embedded } from '../view/offline/embedded';

/** Id of the script element with the data. */
export const DATA = 'nbmodel-data';
const FORMAT = 1;

/** Read the data of `page`; throws an `Error` that says what is wrong with it. */
export async function readData(page: Document): Promise<Embedded> {
  const text = page.getElementById(DATA)?.textContent?.trim();
  if (!text) {
    throw new Error('This page holds no data.');
  }
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const data = (await new Response(stream).json()) as { format: unknown };
  if (data.format !== FORMAT) {
    throw new Error(
      `This page contains data of format ${String(data.format)}, but its program reads format ${FORMAT}.`,
    );
  }
  return data as Embedded;
}
