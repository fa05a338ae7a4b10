/** What a panel is opened with. */

import type { Page, Registry, Verbs } from './source';

/** What to show at first. */
export interface Opening {
  /** Versions of this model, its latest opened. */
  model?: string;
  /** This version of the model opened in place of the latest. */
  version?: string;
  /** These versions compared. */
  compare?: readonly string[];
  /** The card of this version, being edited. */
  edit?: string;
  /** What was logged of this model, stage or version. */
  monitor?: Verbs['monitor']['ask'];
  /** The first row opened, where there is room for it beside the table. */
  openFirstRow?: boolean;
}

/** Answers that came with the page. */
export interface InitialAnswers {
  registry: Registry;
  rows: Page;
}

export interface PanelOptions {
  opening: Opening;
  initial?: InitialAnswers;
  /** In place of the registry's name. */
  title?: string;
  /** What else is to be known of this face, in a few words. */
  note?: string;
}

/** Whether all rows are of one model, as they are if the answer is to the opening's question. */
export function isOfModel(page: Page, model: string | undefined): boolean {
  return page.rows.length > 0 && page.rows.every((row) => row.model === model);
}
