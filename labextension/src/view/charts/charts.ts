/**
 * Charts by plotly, which this file alone knows; it is fetched with the first chart.
 */

import type { Config, Data, Layout, PlotlyHTMLElement } from 'plotly.js-basic-dist-min';

import { h, notice } from '../ui/dom';
import { onTheme, themeOf, type Theme } from './theme';

type Plotly = typeof import('plotly.js-basic-dist-min');

/** What is drawn in the colors that hold; asked again when they change. */
export type Paint = (theme: Theme) => { data: Data[]; layout: Partial<Layout> };

export interface ChartOptions {
  /** Pixels. */
  height: number;
  /** Pixels that it never exceeds, so that few bars do not become boards. */
  maxWidth?: number;
  /** What the chart shows, in a few words. */
  label: string;
  /** The same numbers as text, for who does not see the chart. */
  summary: string;
  /** Somebody chose a point: the `customdata` of it. */
  onPick?(data: unknown): void;
}

/** Text for plotly, which takes some HTML and, where MathJax is loaded, TeX: it stays text. */
export function plainText(given: string): string {
  return given.replace(/[&<>$]/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  $: '&#36;',
};

/** Text for plotly of at most `limit` characters. */
export function shorten(given: string, limit = 32): string {
  return plainText(given.length > limit ? `${given.slice(0, limit - 1)}…` : given);
}

export interface LiveChart {
  element: HTMLElement;
  /** Show other numbers in the same place. */
  paint(paint: Paint, summary: string): void;
}

/** A chart that follows the room it is given and the theme around it. */
export function staticChart(paint: Paint, options: ChartOptions): HTMLElement {
  return liveChart(paint, options).element;
}

/** The same, for numbers that change. */
export function liveChart(first: Paint, options: ChartOptions): LiveChart {
  const canvas = h('div', { class: 'nbm-chart-canvas', 'aria-hidden': true });
  const { height, maxWidth } = options;
  const style = { height: `${height}px`, ...(maxWidth && { 'max-width': `${maxWidth}px` }) };
  const said = h(
    'div',
    { class: 'nbm-hidden', role: 'img', 'aria-label': options.label },
    options.summary,
  );
  const host = h('div', { class: 'nbm-chart', style }, canvas, said);
  const drawing = new Drawing(host, canvas, first, options);
  new ResizeObserver(() => drawing.follow()).observe(host);
  const paint = (next: Paint, summary: string): void => {
    said.textContent = summary;
    drawing.repaint(next);
  };
  return { element: host, paint };
}

/** One chart on the page: drawn when it is first seen, given back when it is taken away. */
class Drawing {
  private plotly: Plotly | null = null;
  private drawing = false;
  /** What is drawn: the colors, the size, which numbers. */
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

  /** The room changed; it is none when the chart was hidden or removed. */
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
      this.plotly ??= (await import('plotly.js-basic-dist-min')).default;
      await this.react();
    } catch (error) {
      this.host.replaceChildren(
        notice(
          'error',
          'The chart could not be drawn.',
          error instanceof Error ? error.message : '',
        ),
      );
    } finally {
      this.drawing = false;
    }
    if (this.plotly && this.drawn !== this.wanted()) {
      await this.draw(); // the theme or the size changed meanwhile
    }
  }

  private wanted(): string {
    const { isConnected, clientWidth, clientHeight } = this.host;
    const visible = isConnected && clientWidth > 0 && this.canvas.isConnected;
    return visible
      ? JSON.stringify([themeOf(this.host), clientWidth, clientHeight, this.edition])
      : this.drawn;
  }

  private async react(): Promise<void> {
    const wanted = this.wanted();
    if (!this.plotly || this.drawn === wanted) {
      return;
    }
    this.drawn = wanted;
    const theme = themeOf(this.host);
    const { data, layout } = this.paint(theme);
    const drawn = await this.plotly.react(
      this.canvas,
      data,
      themed(layout, theme, this.host),
      CONFIG,
    );
    if (!this.host.isConnected) {
      this.release();
    } else if (!this.unwatch) {
      this.unwatch = onTheme(() => void this.draw());
      this.listen(drawn);
    }
  }

  private listen(drawn: PlotlyHTMLElement): void {
    const { onPick } = this.options;
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

/** Buttons by name: by default plotly offers to send the chart to its makers' server. */
export const CONFIG: Partial<Config> = {
  // Its buttons take the focus behind `aria-hidden`, and one of them shares the chart elsewhere.
  displayModeBar: false,
  showSendToCloud: false,
  plotlyServerURL: '',
  showTips: false,
  scrollZoom: false,
  doubleClick: 'reset',
};

/** A layout in the colors and letters of the page around it. */
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
      .map(([name, given]) => [name, { ...axis, ...(given as object) }]),
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
      font: { color: theme.text, size: 12 },
      align: 'left',
      namelength: 40,
      ...layout.hoverlabel,
    },
    modebar: { bgcolor: 'rgba(0,0,0,0)', color: theme.faint, activecolor: theme.accent },
  };
}
