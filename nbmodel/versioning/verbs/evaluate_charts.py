"""The charts of evaluations, several versions in one: metrics, slices and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from nbmodel.evaluation.record import Curve, Evaluation
from nbmodel.figures.charted import Charts
from nbmodel.figures.curves import CurvePoints, Interval, count_table, interval_chart, line_chart

VersionEvaluations = Sequence[
    tuple[str, Evaluation]
]  # the reference of each version, and its evaluation


class CurveChart(NamedTuple):
    """How the curves of a kind are drawn: titles, and the names of their coordinates."""

    title: str
    x: str
    y: str
    diagonal: bool = False


CURVE_CHARTS: Mapping[str, CurveChart] = {
    "roc": CurveChart("ROC curve", "false_positive_rate", "true_positive_rate", diagonal=True),
    "precision_recall": CurveChart("Precision and recall", "recall", "precision"),
    "calibration": CurveChart("Calibration", "predicted", "actual", diagonal=True),
    "gain": CurveChart("Gain", "share", "positives", diagonal=True),
    "residuals": CurveChart("Residuals by prediction", "predicted", "middle"),
}


def evaluation_charts(evaluations: VersionEvaluations) -> Charts:
    """Return ``metrics``, ``slices``, each kind of curve, and ``confusion`` of the first version.

    Parameters
    ----------
    evaluations : sequence of (str, Evaluation)
    """
    charts: dict[str, Any] = {"metrics": partial(_metrics, evaluations)}
    if any(each.slices for _, each in evaluations):
        charts["slices"] = partial(_slices, evaluations)
    kinds = {curve.kind for _, each in evaluations for curve in each.curves}
    charts |= {kind: partial(_curves, evaluations, kind) for kind in CURVE_CHARTS if kind in kinds}
    if tables := [c for _, each in evaluations[:1] for c in each.curves if c.kind == "confusion"]:
        charts["confusion"] = partial(_confusion, evaluations[0][0], tables[0])
    return charts


def _metrics(evaluations: VersionEvaluations) -> Any:
    rows: dict[str, dict[str, Interval]] = {}
    for ref, each in evaluations:
        for name, estimate in each.metrics.items():
            interval = Interval(estimate.value, estimate.low, estimate.high)
            rows.setdefault(name, {})[ref] = interval
    return interval_chart("Metrics", "value", rows)


def _slices(evaluations: VersionEvaluations) -> Any:
    """The main metric of each slice that is judged."""
    main = next(iter(evaluations[0][1].metrics), "")
    rows: dict[str, dict[str, Interval]] = {}
    for ref, each in evaluations:
        for part in each.slices:
            if (estimate := part.metrics.get(main)) is not None:
                interval = Interval(estimate.value, estimate.low, estimate.high)
                rows.setdefault(part.name, {})[ref] = interval
    return interval_chart(f"{main} by slice", main, rows)


def _curves(evaluations: VersionEvaluations, kind: str) -> Any:
    chart = CURVE_CHARTS[kind]
    lines = {
        f"{ref} {curve.of}".rstrip(): CurvePoints(curve.series[chart.x], curve.series[chart.y])
        for ref, each in evaluations
        for curve in each.curves
        if curve.kind == kind and {chart.x, chart.y} <= curve.series.keys()
    }
    titles = (chart.x.replace("_", " "), chart.y.replace("_", " "))
    return line_chart(chart.title, *titles, lines, diagonal=chart.diagonal)


def _confusion(ref: str, curve: Curve) -> Any:
    cells, width = curve.series.get("cells", ()), len(curve.names)
    counts = [[cell or 0 for cell in cells[n * width : (n + 1) * width]] for n in range(width)]
    return count_table(f"Confusion matrix of {ref}", curve.names, counts)
