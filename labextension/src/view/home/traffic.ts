/** The traffic of a stage in words. */

import type { Health } from '../data/monitorReport';
import type { Child } from '../ui/dom';

export function trafficText(health: Health): Child {
  return health.reason;
}
