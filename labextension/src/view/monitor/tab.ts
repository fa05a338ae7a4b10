import type { Tab } from '../ui/tab';
import { drawMonitor } from './view';
import { trans } from '../translation';

export const monitorTab: Tab = {
  name: 'monitor',
  get title() {
    return trans.__('Monitor');
  },
  live: true,
  fits: (source) => source.can('monitor'),
  draw: drawMonitor,
};
