/** A figure that is not drawn; the message says why. */
export class FigureProblem extends Error {}
