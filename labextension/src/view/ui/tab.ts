import type { ActionResult, Registry, Source, Version } from '../data/source';

/** What a tab is drawn from, and whom it tells that the reader wants to go elsewhere. */
export interface TabContext {
  source: Source;
  version: Version;
  registry: Registry;
  /** Show another version. */
  open(ref: string): void;
  /** Show what changed from one version to another. */
  compare(before: string, after: string): void;
  /** Where dialogs live. */
  host: HTMLElement;
  /** Something was done to the registry. */
  done(done: ActionResult): void;
  readOnly: boolean;
  /** Whether the tab shall open in the state in which its text is edited. */
  edit: boolean;
}

/** One of the views of a version. */
export interface Tab {
  name: string;
  title: string;
  /** Whether it keeps itself as things are now, and is not to be drawn again. */
  live?: boolean;
  /** Whether the source can answer what it asks; without it, any can. */
  fits?(source: Source): boolean;
  draw(context: TabContext): HTMLElement | Promise<HTMLElement>;
}
