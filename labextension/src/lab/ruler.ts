/** The widths of texts in the tree, measured without a layout of the page. */

import { h } from '../view/ui/dom';

const CLASSES = {
  name: 'nbm-lab-name',
  stage: 'nbm-chip nbm-stage',
  release: 'nbm-chip nbm-release',
} as const;

export type TextKind = keyof typeof CLASSES;

/** Pixels of a character where the browser cannot measure. */
const CHARACTER_PX = 7;

export class Ruler {
  /** `host` contains the texts. */
  constructor(private readonly host: HTMLElement) {}

  /** Read the fonts again: the theme may have changed them. */
  readFonts(): void {
    const kinds = Object.keys(CLASSES) as TextKind[];
    const probes = kinds.map((kind) => h('span', { class: CLASSES[kind], hidden: true }));
    this.host.append(...probes);
    const fonts = probes.map((probe) => fontOf(getComputedStyle(probe)));
    probes.forEach((probe) => probe.remove());
    if (fonts.join() !== Object.values(this.fonts).join()) {
      this.widths.clear();
      kinds.forEach((kind, index) => (this.fonts[kind] = fonts[index]!));
    }
  }

  /** Pixels of a text, rounded up. */
  width(text: string, kind: TextKind): number {
    const key = `${kind} ${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      width = Math.ceil(this.measure(text, this.fonts[kind]));
      this.widths.set(key, width);
    }
    return width;
  }

  private measure(text: string, font: string): number {
    this.pen ??= document.createElement('canvas').getContext('2d');
    if (!this.pen) {
      return text.length * CHARACTER_PX;
    }
    this.pen.font = font;
    return this.pen.measureText(text).width;
  }

  private pen: CanvasRenderingContext2D | null = null;
  private readonly fonts: Record<TextKind, string> = { name: '', stage: '', release: '' };
  private readonly widths = new Map<string, number>();
}

function fontOf({ fontStyle, fontWeight, fontSize, fontFamily }: CSSStyleDeclaration): string {
  return `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;
}
