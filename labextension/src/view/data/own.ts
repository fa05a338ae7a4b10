/** Reads records whose keys come from a registry. */

/** The entry of `record` itself, not an inherited one: a model may be named `constructor`. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
