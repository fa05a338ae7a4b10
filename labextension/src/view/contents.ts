/** The views of a version, in the order of their tabs. */

import { auditTab } from './tabs/audit';
import { cardTab } from './tabs/card';
import { cellsTab } from './tabs/cells';
import { evaluationTab } from './tabs/evaluation';
import { environmentTab, filesTab, paramsTab } from './tabs/facts';
import { figuresTab } from './tabs/figures';
import { lineageTab } from './tabs/lineage';
import { metricsTab } from './tabs/metrics';
import { monitorTab } from './monitor/tab';
import { dataTab } from './tabs/profile';
import { timelineTab } from './tabs/timeline';
import type { Tab } from './ui/tab';

export const TABS: readonly Tab[] = [
  cardTab,
  metricsTab,
  evaluationTab,
  figuresTab,
  monitorTab,
  timelineTab,
  auditTab,
  paramsTab,
  dataTab,
  cellsTab,
  environmentTab,
  filesTab,
  lineageTab,
];
