import { describe, expect, it } from 'vitest';

import { readFigure } from '../../../src/view/figures/plotlyFigure';

const read = (figure: unknown): ReturnType<typeof readFigure> => readFigure(JSON.stringify(figure));
const bars = (rest: object = {}): object => ({ type: 'bar', x: ['a'], y: [1], ...rest });

/** Whether a text is anywhere in a value. */
const holds = (value: unknown, text: string): boolean => JSON.stringify(value).includes(text);

describe('a figure of another person', () => {
  it('keeps data, axes and the name of each trace', () => {
    const { data, layout, names, height } = read({
      data: [bars({ name: 'roc <1>' }), { x: [1], y: [2] }],
      layout: { xaxis: { title: { text: 'rate' } }, height: 300, template: { data: {} } },
    });
    expect(data[0]).toMatchObject({ type: 'bar', x: ['a'], y: [1] });
    expect(data[1]).toMatchObject({ type: 'scatter' });
    expect(layout.xaxis).toEqual({ title: { text: 'rate' } });
    expect(names).toEqual(['roc &lt;1>']);
    expect(height).toBe(300);
    expect(layout).not.toHaveProperty('template');
  });

  it('shows tags with attributes as text, and keeps harmless ones', () => {
    const text =
      '<b>bold</b><br/><a href="javascript:alert(1)">x</a><span style="cursor:url(//a.example)">y</span><img src=x onerror=alert(1)>';
    const { layout } = read({ data: [bars({ text })], layout: { title: { text } } });
    const title = (layout.title as { text: string }).text;
    expect(title).toContain('<b>bold</b><br>');
    expect(title).not.toMatch(/<(a|span|img)/);
    expect(title).toContain('&lt;a href=');
  });

  it('has no TeX, but formats of a currency', () => {
    const { data, layout } = read({
      data: [bars({ name: '$\\href{javascript:alert(1)}{x}$' })],
      layout: { yaxis: { tickformat: '$,.2f$' } },
    });
    expect(holds(data, '$')).toBe(false);
    expect(holds(layout, '$,.2f$')).toBe(true);
  });

  it('loads nothing and has no buttons', () => {
    const remote = 'https://a.example/x.png';
    const { data, layout } = read({
      data: [bars({ source: remote, href: remote })],
      layout: {
        images: [{ source: remote }],
        mapbox: { style: remote },
        updatemenus: [{ buttons: [{ method: 'relayout', args: [{ images: [] }] }] }],
        sliders: [{}],
        paper_bgcolor: `url(${remote})`,
        annotations: [{ text: 'here', images: [{ source: remote }] }],
        template: { layout: { images: [{ source: remote }] } },
      },
    });
    expect(holds([data, layout], 'a.example')).toBe(false);
    expect(holds(layout, 'relayout')).toBe(false);
  });

  it.each(['scattermapbox', 'choropleth', 'scatter3d', 'image', 'sankey', '__proto__'])(
    'does not draw %s',
    (type) => {
      expect(() => read({ data: [{ type }] })).toThrow(/not drawn here/);
    },
  );

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"data": 3}',
    '{"data": []}',
    '{"data": [{"type": "heatmap", "z": {"dtype": "f8", "bdata": "AA==", "shape": "1000000000, 0"}}]}',
    '{"data": [{"z": {"dtype": "x8", "bdata": "AA=="}}]}',
    `{"data": [{"x": ${'['.repeat(60)}${']'.repeat(60)}}]}`,
    `{"data": [{"x": [${'1,'.repeat(500_001)}1]}]}`,
    `{"data": [${'{},'.repeat(200)}{}]}`,
  ])('refuses %.60s', (text) => {
    expect(() => readFigure(text)).toThrow();
  });

  it('keeps numbers in base64', () => {
    const z = { dtype: 'i1', bdata: 'AQIDBA==', shape: '2, 2' };
    expect(read({ data: [{ type: 'heatmap', z }] }).data[0]).toMatchObject({ z });
  });

  it('does not count a billion bins', () => {
    const { data, layout } = read({
      data: [
        { type: 'histogram', x: [1, 2], nbinsx: 1e9, xbins: { start: 0, end: 1e9, size: 1e-9 } },
        { type: 'contour', z: [[1]], ncontours: 1e9, contours: { start: 0, end: 1, size: 1e-12 } },
        { type: 'histogram', x: [1, 2], xbins: { start: 0, end: 10, size: 1 } },
      ],
      layout: { grid: { rows: 1e9 } },
    });
    expect(data[0]).toMatchObject({ xbins: {} });
    expect(data[0]).not.toHaveProperty('nbinsx');
    expect(holds(data[1], '1e-12')).toBe(false);
    expect(data[2]).toMatchObject({ xbins: { size: 1 } });
    expect(layout).not.toHaveProperty('grid');
  });
});
