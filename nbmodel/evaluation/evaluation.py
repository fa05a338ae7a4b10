"""From a sample to an evaluation: metrics with intervals, slices and curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbmodel.errors import InvalidValue
from nbmodel.evaluation.curves import curves_of
from nbmodel.evaluation.intervals import ROW_BUDGET_S, check_bootstrap, estimate
from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.metrics.table import MetricChoice, choose_metrics
from nbmodel.evaluation.record import Evaluation
from nbmodel.evaluation.resampling import Draws
from nbmodel.evaluation.sample import Sample
from nbmodel.evaluation.slice_columns import SliceColumn
from nbmodel.evaluation.slices import MIN_ROWS, judge_slices

MAX_SLICE_METRICS = 4
MAX_NAMES = 5  # of classes that a remark lists


def evaluate_sample(
    sample: Sample,
    *,
    metrics: MetricChoice | None = None,
    rounds: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    slices: Sequence[SliceColumn] = (),
    min_slice_rows: int = MIN_ROWS,
    budget_s: float = ROW_BUDGET_S,
) -> Evaluation:
    """Judge the answers of a model by its metrics.

    Parameters
    ----------
    sample : Sample
    metrics : sequence of str or callable, or mapping of str to callable, optional
        Names as in `nbmodel.evaluation.metrics.table`, names of scikit-learn's scorers, or
        functions of the true and the predicted answers. By default, all usual ones of the task.
    rounds : int
        Of the bootstrap. 0 for no intervals.
    seed : int
        The same seed gives the same intervals.
    level : float
        Probability that an interval holds the true value.
    slices : sequence of SliceColumn
        Columns of the same rows: see `nbmodel.evaluation.slice_columns`. Slices have the first
        `MAX_SLICE_METRICS` metrics.
    min_slice_rows : int
        Smaller slices are not judged.
    budget_s : float
        Seconds for the intervals of metrics that have to resample rows.

    Returns
    -------
    Evaluation

    Raises
    ------
    InvalidValue
        If a metric does not exist, does not fit the sample, or fails.

    Examples
    --------
    >>> import numpy as np
    >>> sample = Sample(
    ...     task="binary",
    ...     actual=np.array([0, 1, 1, 0]),
    ...     predicted=np.array([0, 1, 0, 0]),
    ...     classes=("no", "yes"),
    ... )
    >>> evaluate_sample(sample, metrics=["accuracy"], rounds=0).metrics
    {'accuracy': Estimate(value=0.75, low=None, high=None, rounds=0)}
    """
    check_bootstrap(rounds, level)
    fitting, remarks = _fit(choose_metrics(metrics, sample.task), sample, metrics is None)
    draws = Draws(rounds, seed)
    results = estimate(sample, fitting, draws, level, budget_s)
    measured = [metric for metric in fitting if metric.name in results.values]
    remarks += _absent_classes(sample)
    return Evaluation(
        task=sample.task,
        rows=sample.rows,
        seed=seed,
        level=level,
        metrics=results.values,
        slices=judge_slices(
            sample, slices, measured[:MAX_SLICE_METRICS], level=level, min_rows=min_slice_rows
        ),
        curves=curves_of(sample),
        remarks=(*remarks, *results.remarks),
    )


def _absent_classes(sample: Sample) -> list[str]:
    """Say which classes no row has: their precision and recall are 0, as in scikit-learn."""
    if sample.task not in ("binary", "multiclass"):
        return []
    counts = np.bincount(sample.actual, minlength=len(sample.classes))
    names = [repr(name) for name, count in zip(sample.classes, counts, strict=True) if not count]
    if not names:
        return []
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    listing = ", ".join(names[:MAX_NAMES])
    return [f"No row has the true answer {listing}{more}, so metrics of it are 0 or left out."]


def _fit(metrics: list[Metric], sample: Sample, is_default: bool) -> tuple[list[Metric], list[str]]:
    """Return the metrics that can be computed; one that the user names must be among them."""
    obstacles = {metric.name: why for metric in metrics if (why := metric.obstacle(sample))}
    if obstacles and not is_default:
        name, why = next(iter(obstacles.items()))
        raise InvalidValue(f"The metric {name} cannot be computed: {why}.", "Leave it out.")
    remarks = [f"{name} is left out: {why}." for name, why in obstacles.items()]
    return [metric for metric in metrics if metric.name not in obstacles], remarks
