/** The colors of the page. plotly cannot read CSS variables, so it gets plain colors. */

import { h } from '../ui/dom';

export interface Theme {
  text: string;
  faint: string;
  line: string;
  grid: string;
  paper: string;
  accent: string;
  bad: string;
  series: readonly string[];
}

/** The number of colors in a chart before they repeat. */
export const SERIES = 8;

/** The color of the series at `index`, for a style; see `colors.css`. */
export function seriesColor(index: number): string {
  return `var(--nbm-series-${(index % SERIES) + 1})`;
}

/** The same color for plotly. */
export function plainSeriesColor({ series }: Theme, index: number): string {
  return series[index % series.length]!;
}

/** The colors at `element`. */
export function themeOf(element: HTMLElement): Theme {
  const probe = h('span', { hidden: true });
  element.append(probe);
  const color = (value: string): string => {
    probe.style.color = value;
    return plainColor(getComputedStyle(probe).color);
  };
  const theme = {
    text: color('var(--nbm-chart-text)'),
    faint: color('var(--nbm-chart-faint)'),
    line: color('var(--nbm-chart-line)'),
    grid: color('var(--nbm-chart-grid)'),
    paper: color('var(--nbm-chart-paper)'),
    accent: color('var(--nbm-chart-accent)'),
    bad: color('var(--nbm-chart-bad)'),
    series: Array.from({ length: SERIES }, (_, index) => color(seriesColor(index))),
  };
  probe.remove();
  return theme;
}

/** Convert `color(srgb 0.1 0.2 0.3 / 0.5)`, which `color-mix` computes to, into `rgba()`. */
function plainColor(computed: string): string {
  const match = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/.exec(
    computed,
  );
  if (!match) {
    return computed;
  }
  const [red, green, blue] = match.slice(1, 4).map((part) => Math.round(Number(part) * 255));
  return `rgba(${red}, ${green}, ${blue}, ${match[4] ?? 1})`;
}

const watchers = new Set<() => void>();
let watching = false;

/** Call `callback` when the theme changes; returns a function that ends this. */
export function onTheme(callback: () => void): () => void {
  if (!watching) {
    watching = true;
    watch();
  }
  watchers.add(callback);
  return () => watchers.delete(callback);
}

/** Watch all marks of a theme: JupyterLab's on the body, a page's on its root, the media query. */
function watch(): void {
  const tell = (): void => watchers.forEach((callback) => callback());
  const observer = new MutationObserver(tell);
  const attributeFilter = ['data-jp-theme-name', 'data-jp-theme-light', 'data-theme', 'class'];
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter });
  }
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
}
