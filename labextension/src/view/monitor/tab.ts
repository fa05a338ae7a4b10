import type { Tab } from '../ui/tab';
import { drawMonitor } from './view';

export const monitorTab: Tab = {
  name: 'monitor',
  title: 'Monitor',
  live: true,
  fits: (source) => source.can('monitor'),
  draw: drawMonitor,
};
