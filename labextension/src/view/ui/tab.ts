import type { ActionResult, Registry, Version } from '../data/answers';
import type { Source } from '../data/source';

/** The data of a tab, and its callbacks to show something else. */
export interface TabContext {
  source: Source;
  version: Version;
  registry: Registry;
  /** Show another version. */
  open(ref: string): void;
  /** Show what changed from one version to another. */
  compare(before: string, after: string): void;
  /** The element that holds dialogs. */
  host: HTMLElement;
  /** The registry was changed. */
  done(result: ActionResult): void;
  readOnly: boolean;
  /** Whether the tab opens in its editor. */
  edit: boolean;
}

/** One of the views of a version. */
export interface Tab {
  name: string;
  title: string;
  /** Whether it updates itself, so that it must not be drawn again. */
  live?: boolean;
  /** Whether it is about the whole model, so that any change of the registry draws it again. */
  ofModel?: boolean;
  /** Whether the source can answer its questions; without this function, any source can. */
  fits?(source: Source): boolean;
  draw(context: TabContext): HTMLElement | Promise<HTMLElement>;
}
