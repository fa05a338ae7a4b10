/** The number of versions of a registry that the user has not seen in the side panel. */

/** Versions that the user has seen, by the id of the registry; the last one used comes last. */
export type SeenVersions = Readonly<Record<string, number>>;

/** Most registries that are stored. */
const MAX_REGISTRIES = 200;

/**
 * The versions seen after a look at a registry.
 *
 * A registry that was never seen before has nothing new. After a deletion, fewer versions are seen.
 */
export function afterLook(
  versionCounts: SeenVersions,
  id: string,
  versions: number,
  isVisible: boolean,
): SeenVersions {
  const { [id]: before = versions, ...others } = versionCounts;
  const now = isVisible ? versions : Math.min(before, versions);
  return Object.fromEntries(
    [...Object.entries(others), [id, now]].slice(-MAX_REGISTRIES),
  ) as SeenVersions;
}

/** Read what was stored, which another version of this extension may have written. */
export function readSeen(stored: unknown): SeenVersions {
  const entries = Object.entries(stored ?? {}).filter(([, count]) => Number.isSafeInteger(count));
  return Object.fromEntries(entries);
}
