/** Values of a page's data that occur twice are written once: `{"$": n}` stands for `shared[n]`. */

export interface Shared {
  $: number;
}

/** `T`, of which any part may be shared. */
export type Packed<T> = Shared | (T extends object ? { readonly [K in keyof T]: Packed<T[K]> } : T);

/** `packed` with its shared parts in place. */
export function unpacked(packed: unknown, shared: readonly unknown[]): unknown {
  if (Array.isArray(packed)) {
    return packed.map((each) => unpacked(each, shared));
  }
  if (packed === null || typeof packed !== 'object') {
    return packed;
  }
  const entries = Object.entries(packed);
  if (entries.length === 1 && entries[0]?.[0] === '$' && typeof entries[0][1] === 'number') {
    return shared[entries[0][1]];
  }
  return Object.fromEntries(entries.map(([key, value]) => [key, unpacked(value, shared)]));
}
