"""Metrics that are functions of the user."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.sample import TASKS, Sample
from nbmodel.metric_directions import direction_of

MetricFunction = Callable[[Any, Any], float]


def function_metric(name: str, function: MetricFunction) -> Metric:
    """Return the metric of a function of the true and the predicted answers.

    Parameters
    ----------
    name : str
        The direction follows from it, as far as `nbmodel.metric_directions` knows.
    function : callable
        ``function(actual, predicted)`` returns a number. Classes are the user's own values. A
        regression with one output has one-dimensional arrays.
    """
    return Metric(
        name=name,
        tasks=TASKS,
        direction=direction_of(name),
        needs=("labels",),
        exact=lambda sample: _call(name, function, sample),
    )


def name_of(function: MetricFunction) -> str:
    """Return the name of a function, as its metric is called."""
    name = getattr(function, "__name__", type(function).__name__)
    return str(name).strip("<>")


def _call(name: str, function: MetricFunction, sample: Sample) -> float:
    try:
        answer = function(_answers(sample, sample.actual), _answers(sample, sample.predicted))
        value = float(answer)
    except Exception as error:  # the code of the user may raise anything
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise InvalidValue(
            f"The metric {name} failed: {why}",
            "It must take the true and the predicted answers, and return a number.",
        ) from error
    if not math.isfinite(value):
        raise InvalidValue(f"The metric {name} is {value}.", "It must return a finite number.")
    return value


def _answers(sample: Sample, values: Any) -> Any:
    if sample.task in ("binary", "multiclass"):
        return sample.labels(values)
    flat = sample.task == "regression" and values.shape[1] == 1
    return values[:, 0] if flat else values
