/** The options with which a panel is opened. */

import type { Home, Page, Registry, Sharing } from './answers';
import type { Route } from './route';
import type { Verbs } from './source';
import type { Navigation } from '../ui/routeLink';

/** What to show first. */
export interface Opening {
  /** Begin with the overview. */
  home?: boolean;
  /** Show the versions of this model, and open the latest one. */
  model?: string;
  /** List the model only, and open none of its versions. */
  silent?: boolean;
  /** Open this version of the model in place of the latest. */
  version?: string;
  /** Compare these versions. */
  compare?: readonly string[];
  /** Edit the card of this version. */
  edit?: string;
  /** Show the monitoring of this model, stage or version. */
  monitor?: Verbs['monitor']['ask'];
}

/** Answers that came with the page. */
export interface InitialAnswers {
  registry: Registry;
  rows: Page;
  home?: Home;
  sharing?: Sharing;
}

export interface PanelOptions {
  opening: Opening;
  initial?: InitialAnswers;
  /** Shown in place of the registry's name. */
  title?: string;
  /** A short remark beside the title. */
  note?: string;
  /** Names the user interface, which keeps its own choice of columns. */
  face?: string;
  /** Leads to the overview, if there is one. */
  navigation?: Navigation;
  /** Called when the panel shows something else. */
  onRoute?(route: Route): void;
}

/** Whether all rows are of one model, so that they may answer the question of the opening. */
export function isOfModel(page: Page, model: string | undefined): boolean {
  return page.rows.length > 0 && page.rows.every((row) => row.model === model);
}
