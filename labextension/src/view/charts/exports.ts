/** Buttons that save a figure as an image, or its data as a table. */

import { h, type Child } from '../ui/dom';
import { saveFile, saveUrl } from '../ui/saveFile';
import { trans } from '../translation';
import type { ImageFormat, LiveChart } from './charts';

export type Cell = string | number | null;

export interface ExportOptions {
  /** Name of the files, without an extension. */
  name(): string;
  /** What is saved, for screen readers. */
  label: string;
  chart?(): LiveChart | null;
  /** Headings and rows of the data. */
  rows(): ReadonlyArray<readonly Cell[]>;
}

/** A group of buttons; an image needs a chart. */
export function exportButtons(options: ExportOptions): HTMLElement {
  const save = async (format: ImageFormat): Promise<void> => {
    const image = await options.chart?.()?.image(format);
    if (image) {
      saveUrl(fileName(options.name(), format), image);
    }
  };
  const table = (): void => {
    saveFile(fileName(options.name(), 'csv'), csv(options.rows()), 'text/csv');
  };
  const { label } = options;
  const button = (format: string, act: () => void): Child =>
    h(
      'button',
      {
        type: 'button',
        class: 'nbm-button nbm-button-quiet nbm-export',
        'aria-label': trans.__('Save %1 as %2', label, format),
        title: trans.__('Save %1 as %2', label, format),
        onclick: act,
      },
      format,
    );
  return h(
    'span',
    { class: 'nbm-exports', role: 'group', 'aria-label': trans.__('Save %1', label) },
    options.chart && button('PNG', () => void save('png')),
    options.chart && button('SVG', () => void save('svg')),
    button('CSV', table),
  );
}

/** Rows as comma-separated values (RFC 4180). A spreadsheet would run a text such as `=cmd`. */
export function csv(rows: ReadonlyArray<readonly Cell[]>): string {
  const text = (cell: Cell): string => {
    if (typeof cell !== 'string') {
      return cell === null || !Number.isFinite(cell) ? '' : String(cell);
    }
    const inert = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
  };
  return rows.map((row) => `${row.map(text).join(',')}\r\n`).join('');
}

function fileName(name: string, extension: string): string {
  return `${name.replace(/[^\p{L}\p{N}_.-]+/gu, '-').slice(0, 80)}.${extension}`;
}
