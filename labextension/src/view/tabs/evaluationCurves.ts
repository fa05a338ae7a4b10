/** The curves of an evaluation: charts, the confusion matrix, and a slider for the threshold. */

import { staticChart } from '../charts/charts';
import { curveFigure, CURVE_CHARTS, curveText, fits, type CurveChart } from '../charts/curves';
import { h, type Child } from '../ui/dom';
import type { EvaluationCurve } from '../data/evaluation';
import { trans } from '../translation';
import { confusionTable, isConfusion } from './confusionTable';
import { section } from './facts';
import { isThresholds, thresholdSlider } from './thresholdSlider';

/** Pixels of a chart. */
const HEIGHT = 280;

/** The sections of all curves; a curve that has not the form of its kind is left out. */
export function curveParts(curves: readonly EvaluationCurve[]): Child {
  const thresholds = curves.filter(isThresholds);
  const matrices = curves.filter(isConfusion);
  const charts = CURVE_CHARTS.map((chart) => drawn(chart, curves)).filter((each) => each !== null);
  return [
    thresholds.length > 0 && section(trans.__('Threshold'), thresholds.map(thresholdSlider)),
    matrices.length > 0 && section(trans.__('Confusion matrix'), matrices.map(confusionTable)),
    charts.length > 0 &&
      section(trans.__('Curves'), h('div', { class: 'nbm-evaluation-curves' }, charts)),
  ];
}

/** The chart of the curves that fit it, or null. */
function drawn(chart: CurveChart, curves: readonly EvaluationCurve[]): HTMLElement | null {
  const own = curves.filter((curve) => fits(chart, curve));
  if (!own.length) {
    return null;
  }
  const picture = staticChart((theme) => curveFigure(chart, own, theme), {
    height: HEIGHT,
    label: chart.title(),
    summary: curveText(chart, own),
  });
  return h('figure', null, h('figcaption', null, chart.title()), picture);
}
