import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const SOURCES = join(import.meta.dirname, '..', 'src');
/** Ways by which text becomes markup or code. */
const FORBIDDEN =
  /\b(innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|setHTML|parseFromString|createContextualFragment|document\.write|dangerouslySetInnerHTML)\b|\beval\b(?!')|new Function\b|javascript:/;

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

describe('no source turns text into markup or code', () => {
  it('sees the sources', () => {
    expect(files).toContain(join('view', 'ui', 'dom.ts'));
    expect(FORBIDDEN.test('x.innerHTML = y')).toBe(true);
  });

  it.each(files)('%s', (file) => {
    expect(readFileSync(join(SOURCES, file), 'utf8')).not.toMatch(FORBIDDEN);
  });
});
