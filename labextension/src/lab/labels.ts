/** Labels of commands: short in a menu, and with "Models" in front in the palette. */

import { trans } from './translation';

/** The arguments with which the palette offers a command. */
export const PALETTE_ARGS = { isPalette: true } as const;

/**
 * A function for the option `label` of a command.
 *
 * The palette does not show categories, so a label such as "Monitor" would not say what it is about.
 */
export function labelOf(label: string): (args: { isPalette?: unknown }) => string {
  return ({ isPalette }) => (isPalette === true ? trans.__('Models: %1', label) : label);
}
