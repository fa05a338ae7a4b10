/** The versions that references in cells name, stored for a short time. */

import type { Version } from '../view/data/answers';
import type { Source } from '../view/data/source';
import type { NotebookLocation } from './rest';

/** Milliseconds after which a version is requested again: a stage may have moved. */
export const MAX_AGE_MS = 5000;
/** Most versions that are stored. */
const MAX_ENTRIES = 100;

interface Entry {
  readonly time: number;
  readonly version: Promise<Version>;
}

export class VersionCache {
  constructor(private readonly sourceOf: (place: NotebookLocation) => Source) {}

  /** The version that a reference names in the registry of a notebook. */
  get(place: NotebookLocation, ref: string): Promise<Version> {
    const key = JSON.stringify([place.repo || place.path, ref]);
    const stored = this.entries.get(key);
    if (stored && Date.now() - stored.time < MAX_AGE_MS) {
      return stored.version;
    }
    const version = this.sourceOf(place).ask('version', { ref });
    const entry = { time: Date.now(), version };
    this.entries.delete(key);
    this.entries.set(key, entry);
    // An error is not stored: the next hover asks again.
    version.catch(() => this.entries.get(key) === entry && this.entries.delete(key));
    for (const oldest of [...this.entries.keys()].slice(0, -MAX_ENTRIES)) {
      this.entries.delete(oldest);
    }
    return version;
  }

  /** By registry and reference, in the order of their requests. */
  private readonly entries = new Map<string, Entry>();
}
