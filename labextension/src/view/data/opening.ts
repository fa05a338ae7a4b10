/** The options with which a panel is opened. */

import type { Page, Registry } from './answers';
import type { Verbs } from './source';

/** What to show first. */
export interface Opening {
  /** Show the versions of this model, and open the latest one. */
  model?: string;
  /** Open this version of the model in place of the latest. */
  version?: string;
  /** Compare these versions. */
  compare?: readonly string[];
  /** Edit the card of this version. */
  edit?: string;
  /** Show the monitoring of this model, stage or version. */
  monitor?: Verbs['monitor']['ask'];
  /** Open the first row, if the panel is wide enough for details beside the table. */
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
  /** Shown in place of the registry's name. */
  title?: string;
  /** A short remark beside the title. */
  note?: string;
}

/** Whether all rows are of one model, so that they may answer the question of the opening. */
export function isOfModel(page: Page, model: string | undefined): boolean {
  return page.rows.length > 0 && page.rows.every((row) => row.model === model);
}
