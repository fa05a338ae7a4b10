// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { embedded, HOSTILE, row } from '../view/fixtures';
import { DATA, readData } from '../../src/page/data';

async function pageOf(data: unknown): Promise<Document> {
  const stream = new Blob([JSON.stringify(data)])
    .stream()
    .pipeThrough(new CompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return holding(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
}

const holding = (textContent: string): Document =>
  ({
    getElementById: (id: string) => (id === DATA ? { textContent } : null),
  }) as unknown as Document;

describe('the data of a page', () => {
  it('is what was written', async () => {
    const data = embedded([row('churn', 1, { message: HOSTILE })]);
    expect(await readData(await pageOf(data))).toEqual(data);
  });

  it('of another format is refused', async () => {
    await expect(readData(await pageOf({ format: 2 }))).rejects.toThrow('format 2');
  });

  it('that are missing are an error', async () => {
    await expect(readData(holding(' '))).rejects.toThrow('no data');
  });
});
