"""Metrics of a version's quality, window by window, as far as labels have arrived.

The signature of the version says whether labels are classes or numbers, and whether classes are
texts or numbers; if it does not, the log does. DuckDB joins and counts, so that only a confusion
matrix and a few sums for each window are returned.

The formulas and defaults are those of scikit-learn, user guide section 3.4 ("Metrics and scoring").
Of two classes the later one is positive; for more classes the average is macro.
"""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbmodel.monitor.common.sql import literal
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.prediction_log.reader import LogReader
from nbmodel.monitor.quality import labeled
from nbmodel.monitor.quality.labeled import ClassKind, Task
from nbmodel.scoring.formulas import EPSILON, confusion_metrics

Key = tuple[int, str]  # window, stage
MeasuredMetrics = dict[tuple[str, int, str], tuple[float | None, int]]  # metric, window, stage


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One metric in one window; `rows` is the number of labeled rows."""

    metric: str
    version: str
    stage: str
    start: int
    value: float
    rows: int


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """The task of a metric, and whether higher values are better."""

    task: Task
    higher_is_better: bool


METRICS: Mapping[str, MetricInfo] = {
    "accuracy": MetricInfo("classification", True),
    "precision": MetricInfo("classification", True),
    "recall": MetricInfo("classification", True),
    "f1": MetricInfo("classification", True),
    "roc_auc": MetricInfo("classification", True),
    "log_loss": MetricInfo("classification", False),
    "brier": MetricInfo("classification", False),
    "mae": MetricInfo("regression", False),
    "rmse": MetricInfo("regression", False),
    "r2": MetricInfo("regression", True),
}
# The most telling metrics first, as in the panel.
PREFERRED_METRICS = ("roc_auc", "accuracy", "f1", "rmse", "mae", "r2", "log_loss")


def measure_quality(
    log: LogReader, version: str, width: int, task: Task = "", kind: ClassKind = ""
) -> list[MetricValue]:
    """Compute every metric that a version's labels allow, window by window.

    Parameters
    ----------
    log : LogReader
    version : str
    width : int
        Width of the windows, microseconds.
    task : {"classification", "regression", ""}
        Inferred from predictions and labels if empty.
    kind : {"texts", "numbers", ""}
        Kind of the classes; inferred if empty.

    Raises
    ------
    InvalidValue
        If there are too many classes.
    """
    if not any(name.startswith(OUTPUT_PREFIX) for name in log.columns):
        return []
    kind = labeled.log_kind(log, kind)
    log.create_table("labeled", labeled.labeled_rows(log, version, width, task, kind))
    if not log.rows("SELECT count(*) FROM labeled")[0][0]:
        return []
    compute = _MEASURES[task or labeled.infer_task(log, kind)]
    values = compute(log, kind)
    return [
        MetricValue(metric, version, stage, start, float(value), rows)
        for (metric, start, stage), (value, rows) in sorted(values.items())
        if value is not None and math.isfinite(value)
    ]


# -- regression ------------------------------------------------------------------


def _regression(log: LogReader, _: ClassKind) -> MeasuredMetrics:
    """Mean absolute error, root mean squared error, coefficient of determination."""
    rows = log.rows(
        "SELECT window_, stage, count(*), avg(abs(guess - number)), "
        "avg((guess - number) ** 2), var_pop(number) FROM labeled "
        "WHERE guess IS NOT NULL AND number IS NOT NULL GROUP BY window_, stage"
    )
    measured: MeasuredMetrics = {}
    for start, stage, count, absolute, squared, variance in rows:
        measured["mae", start, stage] = absolute, count
        measured["rmse", start, stage] = math.sqrt(squared), count
        if count > 1 and variance:
            measured["r2", start, stage] = 1 - squared / variance, count
    return measured


# -- classification ----------------------------------------------------------------


def _classification(log: LogReader, kind: ClassKind) -> MeasuredMetrics:
    classes = labeled.list_classes(log, kind)
    probabilities = labeled.probability_by_class(log, classes, kind)
    score = f"q{probabilities[classes[-1]]}" if len(classes) == 2 and probabilities else "margin"
    measured = _from_confusion(log, classes, probabilities)
    if len(classes) == 2:
        measured |= _auc(log, {classes[-1]: score})
    elif probabilities:
        measured |= _auc(log, {name: f"q{probabilities[name]}" for name in classes})
    if probabilities:
        measured |= _from_probabilities(log, classes, probabilities)
    return measured


def _from_confusion(
    log: LogReader, classes: Sequence[str], probabilities: Mapping[str, int]
) -> MeasuredMetrics:
    """Accuracy, precision, recall and F1 of the predicted or the most probable class."""
    most_likely = "NULL"
    if probabilities:
        highest = f"greatest({', '.join(f'q{n}' for n in probabilities.values())})"
        cases = " ".join(
            f"WHEN q{n} = {highest} THEN {literal(name)}" for name, n in probabilities.items()
        )
        most_likely = f"CASE {cases} END"
    elif len(classes) == 2:
        names = [literal(name) for name in classes]
        most_likely = f"CASE WHEN margin > 0 THEN {names[1]} WHEN margin <= 0 THEN {names[0]} END"
    rows = log.rows(
        f"SELECT window_, stage, actual, coalesce(predicted, {most_likely}) AS predicted_, "
        "count(*) FROM labeled WHERE predicted_ IS NOT NULL GROUP BY ALL"
    )
    position = {name: n for n, name in enumerate(classes)}
    tables: dict[Key, Any] = defaultdict(lambda: np.zeros((len(classes), len(classes))))
    for start, stage, actual, predicted, count in rows:
        tables[start, stage][position[actual], position[predicted]] += count
    measured: MeasuredMetrics = {}
    for (start, stage), table in tables.items():
        for metric, value in confusion_metrics(table).items():
            measured[metric, start, stage] = value, int(table.sum())
    return measured


def _auc(log: LogReader, scores: Mapping[str, str]) -> MeasuredMetrics:
    """Area under the ROC curve: the share of pairs in the right order, where ties count half.

    For several classes it is the unweighted mean, each class against the rest. A window that lacks
    one of the classes has no value.
    """
    areas: dict[Key, list[tuple[float | None, int]]] = defaultdict(list)
    for name, score in scores.items():
        rows = log.rows(
            "SELECT window_, stage, sum(yes * (lower_ + no / 2)), sum(yes), sum(no) FROM ("
            "SELECT *, coalesce(sum(no) OVER (PARTITION BY window_, stage ORDER BY s ROWS BETWEEN "
            "UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::DOUBLE AS lower_ FROM ("
            f"SELECT window_, stage, {score} AS s, "
            f"count(*) FILTER (actual = {literal(name)})::DOUBLE AS yes, "
            f"count(*) FILTER (actual != {literal(name)})::DOUBLE AS no FROM labeled "
            f"WHERE {score} IS NOT NULL GROUP BY ALL)) GROUP BY window_, stage"
        )
        for start, stage, pairs, positives, negatives in rows:
            area = pairs / (positives * negatives) if positives and negatives else None
            areas[start, stage].append((area, int(positives + negatives)))
    measured: MeasuredMetrics = {}
    for (start, stage), class_areas in areas.items():
        values = [area for area, _ in class_areas if area is not None]
        if len(values) == len(scores):
            measured["roc_auc", start, stage] = sum(values) / len(values), class_areas[0][1]
    return measured


def _from_probabilities(
    log: LogReader, classes: Sequence[str], probabilities: Mapping[str, int]
) -> MeasuredMetrics:
    """Logarithmic loss and Brier score: of the second of two classes, else of all classes."""
    total = " + ".join(f"q{n}" for n in probabilities.values())
    cases = " ".join(f"WHEN {literal(name)} THEN q{n}" for name, n in probabilities.items())
    clipped = f"least(greatest((CASE actual {cases} END) / ({total}), {EPSILON}), 1 - {EPSILON})"
    brier = [
        f"(q{n} - (actual = {literal(name)})::INTEGER) ** 2"
        for name, n in list(probabilities.items())[1 if len(classes) == 2 else 0 :]
    ]
    rows = log.rows(
        f"SELECT window_, stage, count(*), -avg(ln({clipped})), avg({' + '.join(brier)}) "
        f"FROM labeled WHERE ({total}) > 0 GROUP BY window_, stage"
    )
    measured: MeasuredMetrics = {}
    for start, stage, count, loss, squares in rows:
        measured["log_loss", start, stage] = loss, count
        measured["brier", start, stage] = squares, count
    return measured


_MEASURES: Mapping[str, Callable[[LogReader, ClassKind], MeasuredMetrics]] = {
    "classification": _classification,
    "regression": _regression,
}
