/** Repeated work that runs only while an element is visible. */

/**
 * Call `begin` when `element` becomes visible, and the function that it returns when it is hidden.
 *
 * An element is also hidden if it is scrolled out of view, removed, or in a background page. The
 * caller need not end anything.
 */
export function whileVisible(element: Element, begin: () => () => void): void {
  let inView = false;
  let end: (() => void) | null = null;
  const follow = (): void => {
    const isVisible = inView && !document.hidden;
    if (isVisible && !end) {
      end = begin();
    } else if (!isVisible && end) {
      end();
      end = null;
    }
  };
  new IntersectionObserver((entries) => {
    inView = entries.at(-1)!.isIntersecting;
    // Listen to the document only while the element is in it.
    document[inView ? 'addEventListener' : 'removeEventListener']('visibilitychange', follow);
    follow();
  }).observe(element);
}

/** Await `act`, wait `pause` milliseconds, and repeat; returns a function that stops this. */
export function repeat(act: () => Promise<void>, pause: number): () => void {
  let ended = false;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    timer = setTimeout(() => void act().finally(() => ended || wait()), pause);
  };
  wait();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
