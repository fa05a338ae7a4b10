/** Where the keyboard focus is. */

/** The `data-key` of the focused element inside `within`; empty if it has none. */
export function focusKey(within: HTMLElement): string {
  const active = document.activeElement;
  return active instanceof HTMLElement && within.contains(active)
    ? (active.dataset['key'] ?? '')
    : '';
}

/** Put the focus on an element that Tab need not reach, such as a heading. */
export function focusOn(element: Element | null | undefined): void {
  if (element instanceof HTMLElement) {
    if (element.tabIndex < 0) {
      element.tabIndex = -1;
    }
    element.focus({ preventScroll: true });
  }
}

/** Whether the user writes or chooses something in `target`. */
export function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, select');
}
