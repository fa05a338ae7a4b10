/** Dragging a version from the side panel into a notebook, where it becomes a cell. */

import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';

import { h } from '../view/ui/dom';
import { checkoutCell } from './kernel';

/** The type under which notebooks accept cells of another notebook. */
const CELL_MIME = 'application/vnd.jupyter.cells';
/** Pixels that the pointer moves before a drag begins. */
const MIN_DISTANCE_PX = 5;

/** Let the user drag the elements in `node` for which `refOf` returns a reference. */
export function allowDrag(node: HTMLElement, refOf: (element: Element) => string): void {
  node.addEventListener('mousedown', (event) => {
    const ref = event.button === 0 && event.target instanceof Element ? refOf(event.target) : '';
    if (ref) {
      watch(event, ref);
    }
  });
}

/** Begin the drag when the pointer has moved; end without one when the button is released. */
function watch(down: MouseEvent, ref: string): void {
  const end = (): void => {
    document.removeEventListener('mousemove', move, true);
    document.removeEventListener('mouseup', end, true);
  };
  const move = (event: MouseEvent): void => {
    const distance = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
    if (distance >= MIN_DISTANCE_PX) {
      end();
      begin(event, ref);
    }
    event.preventDefault(); // no text is selected on the way
  };
  document.addEventListener('mousemove', move, true);
  document.addEventListener('mouseup', end, true);
}

function begin(event: MouseEvent, ref: string): void {
  const source = checkoutCell(ref);
  const mimeData = new MimeData();
  mimeData.setData(CELL_MIME, [{ cell_type: 'code', source, metadata: {} }]);
  const drag = new Drag({
    mimeData,
    dragImage: h('div', { class: 'nbm-lab-drag' }, source),
    supportedActions: 'copy',
    proposedAction: 'copy',
  });
  void drag.start(event.clientX, event.clientY).then(() => drag.dispose());
}
