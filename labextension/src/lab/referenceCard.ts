/** The card of a version, which is shown beside a reference in a cell. */

import type { Pairs, Real, Version } from '../view/data/answers';
import { count } from '../view/data/format';
import { dateTime, number } from '../view/data/numbers';
import type { RequestError } from '../view/data/source';
import { chips } from '../view/ui/chips';
import { h, notice } from '../view/ui/dom';
import { trans } from './translation';

/** Most metrics on a card. */
const MAX_METRICS = 6;

/** Stage, metrics, message, author and time of a version. */
export function versionCard({ row, message }: Version): HTMLElement {
  const metrics = row.metrics.slice(0, MAX_METRICS);
  const others = row.metrics.length - metrics.length;
  return h(
    'section',
    { class: 'nbm nbm-lab-card', 'aria-label': trans.__('Version %1', row.ref) },
    h('div', { class: 'nbm-lab-card-head' }, h('strong', null, row.ref), chips(row)),
    message && h('p', { class: 'nbm-lab-words' }, message),
    metrics.length > 0 && h('dl', { class: 'nbm-lab-facts' }, metrics.map(metric)),
    others > 0 &&
      h(
        'p',
        { class: 'nbm-lab-hint' },
        trans._n('and %2 more metric', 'and %2 more metrics', others, count(others)),
      ),
    h(
      'p',
      { class: 'nbm-lab-hint' },
      trans.__('%1, committed %2 by %3', row.type, dateTime(row.time), row.author),
    ),
  );
}

/** The card of a reference that names no version. */
export function errorCard({ what, hint }: RequestError): HTMLElement {
  return h('section', { class: 'nbm nbm-lab-card' }, notice('warning', what, hint));
}

/** What a screen reader says of a version. */
export function versionSentence({ row, message }: Version): string {
  return [
    row.ref,
    row.purged && trans.__('purged'),
    ...row.stages.map((stage) => trans.__('stage %1', stage)),
    ...row.releases.map((release) => trans.__('release %1', release)),
    ...row.metrics.slice(0, MAX_METRICS).map(([name, value]) => `${name} ${number(value)}`),
    message,
    trans.__('committed %1 by %2', dateTime(row.time), row.author),
  ]
    .filter(Boolean)
    .join(', ');
}

function metric([name, value]: Pairs<Real>[number]): HTMLElement[] {
  return [h('dt', { title: name }, name), h('dd', null, number(value))];
}
