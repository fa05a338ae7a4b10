/** The user's settings; `now` always has the current values. */

import { ILabShell, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { ISettings, type Preferences } from './tokens';
import { setTranslator } from './translation';

/** Also the name of `schema/plugin.json`. */
export const SETTINGS = 'nbmodel-lab:plugin';

export const DEFAULTS: Preferences = { interval: 1000, side: 'left', sort: 'name', metric: '' };

export class Settings implements ISettings {
  now: Readonly<Preferences> = DEFAULTS;
  readonly changed: Signal<ISettings, void> = new Signal<ISettings, void>(this);

  /** Take over the user's values; the schema has checked them. */
  update(composite: Partial<Preferences>): void {
    this.now = { ...DEFAULTS, ...composite };
    this.changed.emit();
  }
}

export const settingsPlugin: JupyterFrontEndPlugin<ISettings> = {
  id: SETTINGS,
  description: 'Settings of nbmodel.',
  autoStart: true,
  requires: [ILabShell, ISettingRegistry],
  optional: [ITranslator],
  provides: ISettings,
  activate: async (
    _app,
    _shell: ILabShell,
    registry: ISettingRegistry,
    translator: ITranslator | null,
  ) => {
    setTranslator(translator); // every other plugin waits for the settings
    const settings = new Settings();
    const loaded = await registry.load(SETTINGS);
    const read = (): void => settings.update(loaded.composite);
    loaded.changed.connect(read);
    read();
    return settings;
  },
};
