/** How good the version is on rows with true answers: its evaluations, the newest first. */

import { fill, h, notice, type Child } from '../ui/dom';
import { countedRows, magic } from '../data/format';
import { dateTime } from '../data/numbers';
import type { Evaluation } from '../data/evaluation';
import { list } from '../monitor/controls';
import type { Tab, TabContext } from '../ui/tab';
import { trans } from '../translation';
import { curveParts } from './evaluationCurves';
import { metricsTable } from './evaluationMetrics';
import { slicesPart } from './evaluationSlices';
import { section } from './facts';

export const evaluationTab: Tab = {
  name: 'evaluation',
  get title() {
    return trans.__('Evaluation');
  },
  draw(context) {
    const { evaluations, row } = context.version;
    const newest = evaluations[0];
    if (!newest) {
      const line = magic('evaluate', row.ref, ['--data', 'X_test'], ['--target', 'y_test']);
      return notice(
        'empty',
        trans.__('This version was not evaluated.'),
        trans.__('Evaluate it on rows with true answers: %1', line),
      );
    }
    const content = h('div', { class: 'nbm-parts' });
    const show = (evaluation: Evaluation): void => fill(content, partsOf(evaluation, context));
    show(newest);
    return h(
      'div',
      { class: 'nbm-evaluation' },
      evaluations.length > 1 && chooser(evaluations, show),
      content,
    );
  },
};

/** A list of the evaluations, of which one is shown. */
function chooser(
  evaluations: readonly Evaluation[],
  show: (evaluation: Evaluation) => void,
): HTMLElement {
  const { element, draw } = list(trans.__('Evaluation'), (place) =>
    show(evaluations[Number(place)]!),
  );
  draw(
    evaluations.map((each, place) => [String(place), nameOf(each)]),
    '0',
  );
  return element;
}

function nameOf({ time, author, data, rows, folds }: Evaluation): string {
  return [
    dateTime(time),
    author,
    data,
    countedRows(rows),
    folds > 0 && trans._n('%1 fold', '%1 folds', folds),
  ]
    .filter(Boolean)
    .join(', ');
}

function partsOf(evaluation: Evaluation, context: TabContext): Child {
  const { metrics, slices, remarks, curves } = evaluation;
  return [
    headline(evaluation),
    metrics.length > 0 && section(trans.__('Metrics'), metricsTable(evaluation, context)),
    slices.length > 0 && section(trans.__('Slices'), slicesPart(evaluation)),
    remarks.length > 0 &&
      section(
        trans.__('Remarks'),
        h(
          'ul',
          { class: 'nbm-evaluation-remarks' },
          remarks.map((remark) => h('li', null, remark)),
        ),
      ),
    curveParts(curves),
  ];
}

function headline({ headline: parts, time, author, text }: Evaluation): HTMLElement {
  const [subject, ...others] = parts;
  return h(
    'header',
    { class: 'nbm-evaluation-head' },
    h(
      'p',
      null,
      h('b', null, subject),
      others.map((part) => h('span', null, part)),
    ),
    text && h('p', null, text),
    h('p', { class: 'nbm-faint' }, `${author}, ${dateTime(time)}`),
  );
}
