/** Doing something again and again while somebody looks, and not otherwise. */

/**
 * Call `begin` when `element` is seen, and what that returns when it no longer is: hidden, out of
 * sight, in a page behind others, or taken away. Nothing has to be ended by hand.
 */
export function whileVisible(element: Element, begin: () => () => void): void {
  let inView = false;
  let end: (() => void) | null = null;
  const follow = (): void => {
    const seen = inView && !document.hidden;
    if (seen && !end) {
      end = begin();
    } else if (!seen && end) {
      end();
      end = null;
    }
  };
  new IntersectionObserver((entries) => {
    inView = entries.at(-1)!.isIntersecting;
    // Only what is on a page listens to the page.
    document[inView ? 'addEventListener' : 'removeEventListener']('visibilitychange', follow);
    follow();
  }).observe(element);
}

/** Await `act`, wait `pause` milliseconds, and so on; returns what ends it. */
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
