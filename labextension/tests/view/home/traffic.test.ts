import { describe, expect, it } from 'vitest';
import { showTraffic } from '../../../src/view/home/traffic';

const TRAFFIC = { stage: 'prod', rows: [0, 1200, 4], last: Date.now() / 1000 - 7200 };

function said(...given: [typeof TRAFFIC | undefined, string | undefined]): string {
  const place = document.createElement('dd');
  showTraffic(place, ...given);
  return place.textContent;
}

describe('the traffic of a tile', () => {
  it('counts all versions that answered as the stage, and says so', () => {
    expect(said(TRAFFIC, undefined)).toContain('1,204 rows by all versions in 14 days');
    expect(said(undefined, undefined)).toBe('No version logged rows here in the last 14 days.');
  });

  it('does not take a log that cannot be read for an empty one', () => {
    expect(said(undefined, 'damaged')).toBe('unknown: the log cannot be read in full');
    expect(said(TRAFFIC, 'damaged')).toContain('at least 1,204 rows by all versions');
  });
});
