/**
 * nbmodel in JupyterLab, one plugin for each concern.
 *
 * Voilà and Notebook load every installed extension. They have no `ILabShell`, which each plugin
 * requires, directly or through another plugin. Only `savedOutputPlugin` also starts in Notebook.
 */

import { alertNoticesPlugin } from './alertNotices';
import { commandsPlugin } from './commands';
import { cellRerunPlugin } from './cellRerun';
import { activeRegistryPlugin } from './activeRegistry';
import { editorPlugin } from './editorPlugin';
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
  editorPlugin,
  statusPlugin,
  alertNoticesPlugin,
  savedOutputPlugin,
  cellRerunPlugin,
];
