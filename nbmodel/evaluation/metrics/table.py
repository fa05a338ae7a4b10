"""Every metric by its name, and the metrics of each task that are computed by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbmodel.errors import InvalidValue, did_you_mean
from nbmodel.evaluation.metrics import (
    anomaly,
    clustering,
    confusion,
    multilabel,
    ranking,
    regression,
    scores,
)
from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.metrics.functions import MetricFunction, function_metric, name_of
from nbmodel.evaluation.metrics.sklearn_functions import scorer_metric, scorer_names
from nbmodel.evaluation.sample import EvaluationTask

METRICS: tuple[Metric, ...] = (
    *confusion.METRICS,
    *scores.METRICS,
    *regression.METRICS,
    *ranking.METRICS,
    *multilabel.METRICS,
    *clustering.METRICS,
    *anomaly.METRICS,
)
# The most telling metric of a task comes first.
DEFAULTS: Mapping[EvaluationTask, tuple[str, ...]] = {
    "binary": (
        "roc_auc", "accuracy", "f1", "precision", "recall", "average_precision",
        "balanced_accuracy", "matthews_corrcoef", "log_loss", "brier",
    ),
    "multiclass": (
        "accuracy", "f1_macro", "precision_macro", "recall_macro", "roc_auc",
        "balanced_accuracy", "matthews_corrcoef", "log_loss", "brier",
    ),
    "multilabel": (
        "f1_macro", "f1_micro", "precision_micro", "recall_micro", "accuracy", "hamming_loss",
        "roc_auc",
    ),
    "regression": (
        "rmse", "mae", "r2", "mape", "median_absolute_error", "max_error", "explained_variance",
    ),
    "ranking": ("ndcg", "ndcg@10", "map", "mrr"),
    "clustering": (
        "silhouette", "davies_bouldin", "calinski_harabasz", "adjusted_rand", "nmi",
    ),
    "anomaly": ("average_precision", "roc_auc", "precision_at_share", "f1", "precision", "recall"),
}  # fmt: skip
# Scorers of scikit-learn that are metrics of the table, and those that are their negatives.
SCORERS: Mapping[str, str] = {
    "roc_auc_ovr": "roc_auc",
    "adjusted_rand_score": "adjusted_rand",
    "normalized_mutual_info_score": "nmi",
}
NEGATIVE_SCORERS: Mapping[str, str] = {
    "neg_brier_score": "brier",
    "neg_log_loss": "log_loss",
    "neg_max_error": "max_error",
    "neg_mean_absolute_error": "mae",
    "neg_mean_absolute_percentage_error": "mape",
    "neg_median_absolute_error": "median_absolute_error",
    "neg_root_mean_squared_error": "rmse",
}

MetricChoice = Sequence[str | MetricFunction] | Mapping[str, MetricFunction]


def find_metric(name: str, task: EvaluationTask) -> Metric:
    """Return a metric by its name.

    Parameters
    ----------
    name : str
        A name of `METRICS`, ``ndcg@K``, or a scorer of scikit-learn such as ``neg_log_loss``.
    task : str

    Raises
    ------
    InvalidValue
        If there is no such metric, or if it is a metric of other tasks.

    Examples
    --------
    >>> find_metric("f1_macro", "multiclass").direction
    'higher'
    """
    if name in NEGATIVE_SCORERS:
        return _negative(name, find_metric(NEGATIVE_SCORERS[name], task))
    if name in SCORERS and (metric := _of_task(SCORERS[name], task)):
        return replace(metric, name=name)
    if metric := _of_task(name, task) or (ranking.cut_metric(name) if task == "ranking" else None):
        return metric
    own = [metric.name for metric in METRICS if task in metric.tasks]
    tasks = sorted({task for metric in METRICS if metric.name == name for task in metric.tasks})
    if tasks:
        raise InvalidValue(
            f"{name} is a metric of {' and '.join(tasks)}, not of {task}.",
            did_you_mean(name, own) or f"Use one of {', '.join(DEFAULTS[task])}.",
        )
    scorers = scorer_names()
    if name in scorers and task != "ranking":
        return scorer_metric(name)
    raise InvalidValue(
        f"There is no metric {name!r}.",
        did_you_mean(name, [*own, *scorers]) or f"Use one of {', '.join(DEFAULTS[task])}.",
    )


def _of_task(name: str, task: EvaluationTask) -> Metric | None:
    return next((m for m in METRICS if m.name == name and task in m.tasks), None)


def _negative(name: str, metric: Metric) -> Metric:
    values, exact = metric.values, metric.exact
    return replace(
        metric,
        name=name,
        direction="higher",
        values=None if values is None else lambda statistics: -values(statistics),
        exact=None if exact is None else lambda sample: -exact(sample),
    )


def choose_metrics(choice: MetricChoice | None, task: EvaluationTask) -> list[Metric]:
    """Return the metrics that a user names, or those of the task by default.

    Parameters
    ----------
    choice : sequence of str or callable, mapping of str to callable, or None
        Names, and functions of the true and the predicted answers.
    task : str
    """
    if choice is None:
        return [find_metric(name, task) for name in DEFAULTS[task]]
    if isinstance(choice, Mapping):
        return [function_metric(name, function) for name, function in choice.items()]
    entries: list[Any] = list(dict.fromkeys(choice))
    metrics = [
        function_metric(name_of(entry), entry) if callable(entry) else find_metric(entry, task)
        for entry in entries
    ]
    names = [metric.name for metric in metrics]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidValue(
            f"Two metrics have the name {', '.join(sorted(twice))}.", "Rename one function."
        )
    return metrics
