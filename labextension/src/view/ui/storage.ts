/** What the browser stores for the user. A sandboxed page may not store anything. */

/** The stored value; null if there is none or it cannot be read. */
export function readStored(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    return null; // another program wrote it, or the browser refuses storage
  }
}

/** Store a value; null removes it. Without storage, it lasts as long as the page. */
export function store(key: string, value: unknown): void {
  try {
    if (value === null) {
      localStorage.removeItem(key);
    } else {
      localStorage.setItem(key, JSON.stringify(value));
    }
  } catch (error) {
    console.info(`nbmodel: the browser does not store ${key}. ${String(error)}`);
  }
}
