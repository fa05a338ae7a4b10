/**
 * nbmodel in JupyterLab, one plugin a concern.
 *
 * Each requires `ILabShell`, directly or by another: Voilà and Notebook load every extension
 * that is installed, and have none, so nothing of this starts there.
 */

import { commandsPlugin } from './commands';
import { frontPlugin } from './front';
import { lastSeenPlugin } from './lastseen';
import { tabPlugin } from './maintab';
import { settingsPlugin } from './settings';
import { sidePanelPlugin } from './place';
import { statusPlugin } from './status';

export default [
  settingsPlugin,
  frontPlugin,
  sidePanelPlugin,
  tabPlugin,
  commandsPlugin,
  statusPlugin,
  lastSeenPlugin,
];
