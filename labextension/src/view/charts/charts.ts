/** Charts by plotly. Only this file uses plotly, and the first chart loads it. */

import type { Config, Data, Layout, PlotlyHTMLElement } from 'plotly.js';

import { h, notice } from '../ui/dom';
import { onTheme, themeOf, type Theme } from './theme';
import { trans } from '../translation';

/** Pixels of a picture that is saved, and what its title and legend add to the height. */
const IMAGE_WIDTH = 1000;
const IMAGE_EXTRA_HEIGHT = 120;

type Plotly = typeof import('plotly.js');

/**
 * Makes the data and layout in the colors of a theme, for a width in pixels; called again when the
 * theme or the size changes.
 */
export type Paint = (theme: Theme, width: number) => { data: Data[]; layout: Partial<Layout> };

export interface ChartOptions {
  /** In pixels. */
  height: number;
  /** In pixels; a limit keeps few bars from becoming very wide. */
  maxWidth?: number;
  /** A short title of the chart. */
  label: string;
  /** The same numbers as text, for screen readers. */
  summary: string;
  /** Called with the `customdata` of a point that the user chose. */
  onPick?(data: unknown): void;
  /** Called with the range of a time axis that the user chose, in seconds; null for the whole. */
  onRange?(range: readonly [number, number] | null): void;
}

/** Escape a text, so that plotly does not read it as HTML or, with MathJax loaded, as TeX. */
export function plainText(text: string): string {
  return text.replace(/[&<>$]/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  $: '&#36;',
};

/** Escape a text and cut it to `limit` characters. */
export function shorten(text: string, limit = 32): string {
  return plainText(text.length > limit ? `${text.slice(0, limit - 1)}…` : text);
}

export type ImageFormat = 'png' | 'svg';

export interface LiveChart {
  element: HTMLElement;
  /** The chart as a picture with its title and legend; a data URL. */
  image(format: ImageFormat): Promise<string>;
  /** Show other numbers in the same chart. */
  paint(paint: Paint, summary: string): void;
}

/** The element of a chart whose numbers stay. */
export function staticChart(paint: Paint, options: ChartOptions): HTMLElement {
  return liveChart(paint, options).element;
}

/** A chart that follows the size of its element and the theme of the page. */
export function liveChart(first: Paint, options: ChartOptions): LiveChart {
  const canvas = h('div', { class: 'nbm-chart-canvas', 'aria-hidden': true });
  const { height, maxWidth } = options;
  const style = { height: `${height}px`, ...(maxWidth && { 'max-width': `${maxWidth}px` }) };
  const altText = h(
    'div',
    { class: 'nbm-hidden', role: 'img', 'aria-label': options.label },
    options.summary,
  );
  const host = h('div', { class: 'nbm-chart', style }, canvas, altText);
  const drawing = new Drawing(host, canvas, first, options);
  new ResizeObserver(() => drawing.follow()).observe(host);
  const paint = (next: Paint, summary: string): void => {
    altText.textContent = summary;
    drawing.repaint(next);
  };
  return { element: host, paint, image: (format) => drawing.image(format) };
}

/** A chart on the page: drawn when it becomes visible, released when it is removed. */
class Drawing {
  private plotly: Plotly | null = null;
  private drawing = false;
  /** The colors, size and edition that are drawn now. */
  private drawn = '';
  private edition = 0;
  private unwatch: (() => void) | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly canvas: HTMLElement,
    private paint: Paint,
    private readonly options: ChartOptions,
  ) {}

  repaint(paint: Paint): void {
    this.paint = paint;
    this.edition += 1;
    this.follow();
  }

  /** Draw the chart once more, by plotly and without a server, as a picture. */
  async image(format: ImageFormat): Promise<string> {
    this.plotly ??= (await import('plotly.js-cartesian-dist-min')).default;
    const theme = themeOf(this.host);
    const { label, height } = this.options;
    const { data, layout } = this.paint(theme, IMAGE_WIDTH);
    const picture = {
      ...themed(layout, theme, this.host),
      width: IMAGE_WIDTH,
      height: height + IMAGE_EXTRA_HEIGHT,
      margin: { ...layout.margin, t: 80, b: 90 },
      title: { text: plainText(label), x: 0.02, y: 0.98, yanchor: 'top', font: { size: 14 } },
      legend: { orientation: 'h', y: 0, yref: 'container', yanchor: 'bottom' },
      showlegend: true,
      paper_bgcolor: theme.paper,
      plot_bgcolor: theme.paper,
    } as Partial<Layout>;
    const size = { format, width: IMAGE_WIDTH, height: height + IMAGE_EXTRA_HEIGHT };
    return this.plotly.toImage({ data, layout: picture }, size);
  }

  /** Draw in the current size; release the chart if it was removed, skip it if it is hidden. */
  follow(): void {
    if (!this.host.isConnected) {
      this.release();
    } else if (this.host.clientWidth > 0) {
      void this.draw();
    }
  }

  private async draw(): Promise<void> {
    if (this.drawing) {
      return;
    }
    this.drawing = true;
    try {
      this.plotly ??= (await import('plotly.js-cartesian-dist-min')).default;
      await this.react();
    } catch (error) {
      this.host.replaceChildren(
        notice(
          'error',
          trans.__('The chart could not be drawn.'),
          error instanceof Error ? error.message : '',
        ),
      );
    } finally {
      this.drawing = false;
    }
    if (this.plotly && this.drawn !== this.look()) {
      await this.draw(); // the theme or the size has changed
    }
  }

  private look(): string {
    const { isConnected, clientWidth, clientHeight } = this.host;
    const visible = isConnected && clientWidth > 0 && this.canvas.isConnected;
    return visible
      ? JSON.stringify([themeOf(this.host), clientWidth, clientHeight, this.edition])
      : this.drawn;
  }

  private async react(): Promise<void> {
    const look = this.look();
    if (!this.plotly || this.drawn === look) {
      return;
    }
    this.drawn = look;
    const theme = themeOf(this.host);
    const { data, layout } = this.paint(theme, this.host.clientWidth);
    const drawn = await this.plotly.react(
      this.canvas,
      data,
      themed(layout, theme, this.host),
      this.options.onRange ? { ...CONFIG, doubleClick: false } : CONFIG,
    );
    if (!this.host.isConnected) {
      this.release();
    } else if (!this.unwatch) {
      this.unwatch = onTheme(() => void this.draw());
      this.listen(drawn);
    }
  }

  private listen(drawn: PlotlyHTMLElement): void {
    const { onPick, onRange } = this.options;
    if (onRange) {
      drawn.on('plotly_doubleclick', () => onRange(null));
      drawn.on('plotly_relayout', (change) => {
        const range = [change['xaxis.range[0]'], change['xaxis.range[1]']].map(secondsOf);
        if (range.every(Number.isFinite)) {
          onRange(range as [number, number]);
        }
      });
    }
    if (onPick) {
      drawn.on('plotly_click', (event) => {
        const picked: unknown = event.points[0]?.customdata;
        if (picked !== undefined && picked !== null) {
          onPick(picked);
        }
      });
    }
  }

  private release(): void {
    this.unwatch?.();
    this.unwatch = null;
    this.plotly?.purge(this.canvas);
    this.drawn = '';
  }
}

/** Seconds since the epoch of a time on an axis, which plotly writes without a zone. */
const secondsOf = (time: unknown): number =>
  Date.parse(
    `${String(time).replace(' ', 'T')}${/\d\d:\d\d/.test(String(time)) ? '' : 'T00:00'}Z`,
  ) / 1000;

/** Settings of plotly: by default it offers to send the chart to its makers' server. */
export const CONFIG: Partial<Config> = {
  // Its buttons get the focus inside `aria-hidden`, and one of them shares the chart elsewhere.
  displayModeBar: false,
  showSendToCloud: false,
  plotlyServerURL: '',
  showTips: false,
  scrollZoom: false,
  doubleClick: 'reset',
};

/** A layout in the colors and font of the page. */
function themed(layout: Partial<Layout>, theme: Theme, host: HTMLElement): Partial<Layout> {
  const axis = {
    gridcolor: theme.grid,
    linecolor: theme.line,
    zerolinecolor: theme.line,
    tickcolor: theme.line,
    color: theme.faint,
    automargin: true,
  };
  const axes = Object.fromEntries(
    Object.entries({ xaxis: {}, yaxis: {}, ...layout })
      .filter(([name]) => /^[xy]axis\d*$/.test(name))
      .map(([name, own]) => [name, { ...axis, ...(own as object) }]),
  );
  return {
    margin: { l: 8, r: 12, t: 12, b: 8 },
    ...layout,
    ...axes,
    width: host.clientWidth,
    height: host.clientHeight,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    colorway: [...theme.series],
    font: { family: getComputedStyle(host).fontFamily, size: 11, color: theme.text },
    hoverlabel: {
      bgcolor: theme.paper,
      bordercolor: theme.line,
      font: { family: getComputedStyle(host).fontFamily, color: theme.text, size: 12 },
      align: 'left',
      namelength: 40,
      ...layout.hoverlabel,
    },
    modebar: { bgcolor: 'rgba(0,0,0,0)', color: theme.faint, activecolor: theme.accent },
  };
}
