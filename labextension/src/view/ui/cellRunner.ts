/**
 * A widget asks the page to run its cell again.
 *
 * A widget knows nothing of the notebook around it. So it sends a DOM event from its own element,
 * and a front end that can run the cell puts a function into the event.
 */

export const CELL_EVENT = 'nbmodel:cell';

export interface CellRequest {
  run?: () => void;
}

/** A function that runs the cell around `el` again; null if the front end cannot do it. */
export function cellRunner(el: HTMLElement): (() => void) | null {
  const request: CellRequest = {};
  el.dispatchEvent(new CustomEvent<CellRequest>(CELL_EVENT, { bubbles: true, detail: request }));
  return request.run ?? null;
}
