/** The views of a version, in the order of their tabs. */

import { cardTab } from './card';
import { cellsTab } from './cells';
import { environmentTab, filesTab, paramsTab } from './facts';
import { lineageTab } from './lineage';
import { metricsTab } from './metrics';
import { monitorTab } from './monitor/tab';
import { dataTab } from './profile';
import type { Tab } from './tab';

export const TABS: readonly Tab[] = [
  cardTab,
  metricsTab,
  monitorTab,
  paramsTab,
  dataTab,
  cellsTab,
  environmentTab,
  filesTab,
  lineageTab,
];
