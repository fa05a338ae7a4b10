import { describe, expect, it } from 'vitest';
import type { Tile } from '../../../src/view/data/answers';
import { drawTile } from '../../../src/view/home/tile';

const ROW = { ref: 'returns@2', releases: [] } as unknown as Tile['row'];
const TILE: Tile = {
  stage: 'prod',
  row: ROW,
  since: 1_700_000_000,
  author: 'Zoë',
  message: '',
  rolledBack: true,
  before: 'returns@3',
  history: [0.8, 0.9],
  metric: null,
};
const NAVIGATION = { href: () => '#', go: () => undefined } as never;

describe('a tile', () => {
  it('says from which version a stage was rolled back, and that no reason was given', () => {
    const { textContent } = drawTile(TILE, NAVIGATION, false).element;
    expect(textContent).toContain('Rolled back byZoë, from returns@3');
    expect(textContent).toContain('no reason given');
    expect(textContent).toContain('The main metric was not recorded.');
  });

  it('draws the line of its metric up to this version', () => {
    const metric = { name: 'auc', value: 0.9, before: null, verdict: '' } as const;
    const { element } = drawTile({ ...TILE, metric }, NAVIGATION, false);
    const line = element.querySelector('.nbm-tile-line svg')!;
    expect(line.getAttribute('aria-label')).toContain('auc');
  });
});
