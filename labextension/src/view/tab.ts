import type { Registry, Source, Version } from './source';

/** What a tab is drawn from, and whom it tells that the reader wants to go elsewhere. */
export interface TabContext {
  source: Source;
  version: Version;
  registry: Registry;
  /** Show another version. */
  open(ref: string): void;
  /** Show what changed from one version to another. */
  compare(before: string, after: string): void;
  readOnly: boolean;
  /** Whether the tab shall open in the state in which its text is edited. */
  edit: boolean;
}

/** One of the views of a version. */
export interface Tab {
  name: string;
  title: string;
  draw(context: TabContext): HTMLElement | Promise<HTMLElement>;
}
