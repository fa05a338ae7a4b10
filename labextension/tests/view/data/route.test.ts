import { describe, expect, it } from 'vitest';

import { hashOf, routeOf, type Route } from '../../../src/view/data/route';

const ROUTES: ReadonlyArray<readonly [string, Route]> = [
  ['#/', { view: 'home' }],
  ['#/versions', { view: 'versions' }],
  ['#/churn/3', { view: 'version', ref: 'churn@3', tab: '' }],
  ['#/churn/3/monitor', { view: 'version', ref: 'churn@3', tab: 'monitor' }],
  ['#/churn:exp/prod', { view: 'version', ref: 'churn:exp@prod', tab: '' }],
  ['#/versions/2', { view: 'version', ref: 'versions@2', tab: '' }],
  ['#/compare/1/card', { view: 'version', ref: 'compare@1', tab: 'card' }],
  ['#/compare/churn@1/churn@2', { view: 'compare', refs: ['churn@1', 'churn@2'] }],
];

describe('the address of a view', () => {
  it.each(ROUTES)('%s', (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
    expect(hashOf(route)).toBe(hash);
  });

  it('of a model is that of its latest version', () => {
    expect(routeOf('#/churn')).toEqual({ view: 'version', ref: 'churn', tab: '' });
    expect(hashOf({ view: 'version', ref: 'churn', tab: '' })).toBe('#/churn/latest');
  });

  it.each(['', '#', '#section', '#/%', '#/churn/%E0%A4%A'])('is not %s', (hash) => {
    expect(routeOf(hash)).toBeNull();
  });
});
