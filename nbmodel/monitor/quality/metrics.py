"""Quality: what predictions were worth, window by window, as labels arrive.

Whether labels are classes or numbers, and classes texts or numbers, is told by the version's
signature, else by the log.
DuckDB joins and counts; what comes back is a confusion matrix and a few sums a window. The
formulas are scikit-learn's, its user guide section 3.4 ("Metrics and scoring"), with its
defaults: the positive class of two is the later one, of more the average is macro.
"""

# ruff: noqa: S608  names and texts go through `quoted` and `text` of sql.py, the rest is ours

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

Key = tuple[int, str]  # window, stage
MeasuredMetrics = dict[tuple[str, int, str], tuple[float | None, int]]  # metric, window, stage

_EPSILON = float(np.finfo(np.float64).eps)  # scikit-learn's: a probability of 0 costs 36, not inf


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One metric of one window; `rows` had a label."""

    metric: str
    version: str
    stage: str
    start: int
    value: float
    rows: int


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """How a metric is to be read: whether more is better."""

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


def measure_quality(
    log: LogReader, version: str, width: int, task: Task = "", kind: ClassKind = ""
) -> list[MetricValue]:
    """Every metric that a version's labels allow, window by window.

    Parameters
    ----------
    log : Log
    version : str
    width : int
        Of the windows, microseconds.
    task : {"classification", "regression", ""}
        Found out from predictions and labels if not given.
    kind : {"texts", "numbers", ""}
        Of classes; the same.

    Raises
    ------
    InvalidValue
        If there are more classes than make sense.
    """
    if not any(name.startswith(OUTPUT_PREFIX) for name in log.columns):
        return []
    kind = labeled.log_kind(log, kind)
    log.create_table("scored", labeled.labeled_rows(log, version, width, task, kind))
    if not log.rows("SELECT count(*) FROM scored")[0][0]:
        return []
    measure = _MEASURES[task or labeled.infer_task(log, kind)]
    found = measure(log, kind)
    return [
        MetricValue(metric, version, stage, start, float(value), rows)
        for (metric, start, stage), (value, rows) in sorted(found.items())
        if value is not None and math.isfinite(value)
    ]


# -- regression ------------------------------------------------------------------


def _regression(log: LogReader, _: ClassKind) -> MeasuredMetrics:
    """Mean absolute error, root of the mean squared error, coefficient of determination."""
    rows = log.rows(
        "SELECT window_, stage, count(*), avg(abs(guess - number)), "
        "avg((guess - number) ** 2), var_pop(number) FROM scored "
        "WHERE guess IS NOT NULL AND number IS NOT NULL GROUP BY window_, stage"
    )
    found: MeasuredMetrics = {}
    for start, stage, count, absolute, squared, variance in rows:
        found["mae", start, stage] = absolute, count
        found["rmse", start, stage] = math.sqrt(squared), count
        if count > 1 and variance:
            found["r2", start, stage] = 1 - squared / variance, count
    return found


# -- classification ----------------------------------------------------------------


def _classification(log: LogReader, kind: ClassKind) -> MeasuredMetrics:
    classes = labeled.list_classes(log, kind)
    shares = labeled.probability_by_class(log, classes, kind)
    score = f"q{shares[classes[-1]]}" if len(classes) == 2 and shares else "margin"
    found = _from_confusion(log, classes, shares)
    if len(classes) == 2:
        found |= _auc(log, {classes[-1]: score})
    elif shares:
        found |= _auc(log, {name: f"q{shares[name]}" for name in classes})
    if shares:
        found |= _from_probabilities(log, classes, shares)
    return found


def _from_confusion(
    log: LogReader, classes: Sequence[str], shares: Mapping[str, int]
) -> MeasuredMetrics:
    """Accuracy, precision, recall and F1 of the predicted class, or of the most probable one."""
    best = "NULL"
    if shares:
        most = f"greatest({', '.join(f'q{n}' for n in shares.values())})"
        cases = " ".join(f"WHEN q{n} = {most} THEN {literal(name)}" for name, n in shares.items())
        best = f"CASE {cases} END"
    elif len(classes) == 2:
        names = [literal(name) for name in classes]
        best = f"CASE WHEN margin > 0 THEN {names[1]} WHEN margin <= 0 THEN {names[0]} END"
    rows = log.rows(
        f"SELECT window_, stage, actual, coalesce(predicted, {best}) AS said, count(*) "
        "FROM scored WHERE said IS NOT NULL GROUP BY ALL"
    )
    place = {name: n for n, name in enumerate(classes)}
    tables: dict[Key, Any] = defaultdict(lambda: np.zeros((len(classes), len(classes))))
    for start, stage, actual, said, count in rows:
        tables[start, stage][place[actual], place[said]] += count
    found: MeasuredMetrics = {}
    for (start, stage), table in tables.items():
        for metric, value in confusion_metrics(table).items():
            found[metric, start, stage] = value, int(table.sum())
    return found


def confusion_metrics(table: Any) -> dict[str, float]:
    """Accuracy, precision, recall, F1 of a confusion matrix, actual by predicted.

    Of two classes for the second one, of more the plain average over those that occur; where
    a denominator is 0, so is the value.
    """
    right, said, actual = np.diag(table), table.sum(axis=0), table.sum(axis=1)
    precision, recall = _ratio(right, said), _ratio(right, actual)
    f1 = _ratio(2 * right, said + actual)
    used = np.array([False, True]) if len(table) == 2 else (said + actual) > 0
    return {
        "accuracy": float(right.sum() / table.sum()),
        "precision": float(precision[used].mean()),
        "recall": float(recall[used].mean()),
        "f1": float(f1[used].mean()),
    }


def _ratio(above: Any, below: Any) -> Any:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def _auc(log: LogReader, scores: Mapping[str, str]) -> MeasuredMetrics:
    """Area under the ROC curve: the share of pairs in the right order, ties counting half.

    Of several classes the plain average, each against the rest; none for a window that lacks
    one of them.
    """
    areas: dict[Key, list[tuple[float | None, int]]] = defaultdict(list)
    for name, score in scores.items():
        rows = log.rows(
            "SELECT window_, stage, sum(yes * (lower_ + no / 2)), sum(yes), sum(no) FROM ("
            "SELECT *, coalesce(sum(no) OVER (PARTITION BY window_, stage ORDER BY s ROWS BETWEEN "
            "UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::DOUBLE AS lower_ FROM ("
            f"SELECT window_, stage, {score} AS s, count(*) FILTER (actual = {literal(name)})::DOUBLE "
            f"AS yes, count(*) FILTER (actual != {literal(name)})::DOUBLE AS no FROM scored "
            f"WHERE {score} IS NOT NULL GROUP BY ALL)) GROUP BY window_, stage"
        )
        for start, stage, pairs, yes, no in rows:
            area = pairs / (yes * no) if yes and no else None
            areas[start, stage].append((area, int(yes + no)))
    found: MeasuredMetrics = {}
    for (start, stage), several in areas.items():
        values = [area for area, _ in several if area is not None]
        if len(values) == len(scores):
            found["roc_auc", start, stage] = sum(values) / len(values), several[0][1]
    return found


def _from_probabilities(
    log: LogReader, classes: Sequence[str], shares: Mapping[str, int]
) -> MeasuredMetrics:
    """Logarithmic loss, and Brier's score: of two classes that of the second, of more the sum."""
    total = " + ".join(f"q{n}" for n in shares.values())
    right = " ".join(f"WHEN {literal(name)} THEN q{n}" for name, n in shares.items())
    clipped = f"least(greatest((CASE actual {right} END) / ({total}), {_EPSILON}), 1 - {_EPSILON})"
    brier = [
        f"(q{n} - (actual = {literal(name)})::INTEGER) ** 2"
        for name, n in list(shares.items())[1 if len(classes) == 2 else 0 :]
    ]
    rows = log.rows(
        f"SELECT window_, stage, count(*), -avg(ln({clipped})), avg({' + '.join(brier)}) "
        f"FROM scored WHERE ({total}) > 0 GROUP BY window_, stage"
    )
    found: MeasuredMetrics = {}
    for start, stage, count, loss, squares in rows:
        found["log_loss", start, stage] = loss, count
        found["brier", start, stage] = squares, count
    return found


_MEASURES: Mapping[str, Callable[[LogReader, ClassKind], MeasuredMetrics]] = {
    "classification": _classification,
    "regression": _regression,
}
