/**
 * nbmodel in JupyterLab, one plugin a concern.
 *
 * Each requires `ILabShell`, directly or by another: Voilà and Notebook load every extension
 * that is installed, and have none, so nothing of this starts there.
 */

import { commandsPlugin } from './commands';
import { activeRegistryPlugin } from './activeRegistry';
import { savedOutputPlugin } from './savedOutput';
import { mainTabPlugin } from './mainTab';
import { settingsPlugin } from './settings';
import { sidePanelPlugin } from './sidePanelPlugin';
import { statusPlugin } from './status';

export default [
  settingsPlugin,
  activeRegistryPlugin,
  sidePanelPlugin,
  mainTabPlugin,
  commandsPlugin,
  statusPlugin,
  savedOutputPlugin,
];
