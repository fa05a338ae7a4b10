/** How a line of the tree fits into the width of the side panel. */

/** The widths of the parts of a line, in pixels. */
export interface RowWidths {
  /** Twisty, indentation and padding. */
  readonly frame: number;
  readonly name: number;
  readonly chips: readonly number[];
  /** Sparkline; 0 if the line has none. */
  readonly spark: number;
  /** Metric; 0 if the line has none. */
  readonly value: number;
}

export interface RowLayout {
  /** Whether the chips have a separate line. */
  readonly hasTwoLines: boolean;
  /** Number of chips that are shown; the others are counted by one more chip. */
  readonly chips: number;
  readonly hasSpark: boolean;
}

/** Pixels between two parts of a line, and between two chips. */
const GAP_PX = 6;
const CHIP_GAP_PX = 4;
/** Pixels of the chip that counts the others, such as `+2`. */
export const REST_PX = 32;

/**
 * Lay out a line: the name comes first.
 *
 * Without enough room, the chips move to a second line, and those that do not fit there are counted.
 * The sparkline is left out if it does not fit beside the name.
 */
export function layOut(widths: RowWidths, room: number): RowLayout {
  const { frame, name, spark, value, chips } = widths;
  const part = (width: number): number => (width ? width + GAP_PX : 0);
  const head = frame + name + part(value);
  const all = chipsWidth(chips);
  const fits = (width: number): boolean => width <= room;
  if (fits(head + part(all) + part(spark))) {
    return { hasTwoLines: false, chips: chips.length, hasSpark: spark > 0 };
  }
  const hasSpark = spark > 0 && fits(head + part(spark));
  return { hasTwoLines: chips.length > 0, chips: fitting(chips, room - frame), hasSpark };
}

/** The number of chips that fit beside the chip that counts the others; at least one. */
function fitting(chips: readonly number[], room: number): number {
  if (chipsWidth(chips) <= room) {
    return chips.length;
  }
  let fit = chips.length - 1;
  while (fit > 1 && chipsWidth([...chips.slice(0, fit), REST_PX]) > room) {
    fit -= 1;
  }
  return Math.max(fit, Math.min(chips.length, 1));
}

function chipsWidth(chips: readonly number[]): number {
  return chips.reduce((sum, width, index) => sum + width + (index ? CHIP_GAP_PX : 0), 0);
}
