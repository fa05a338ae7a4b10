"""What a metric is: its name, its tasks, what it needs, and how it is computed and resampled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nbmodel.evaluation.resampling import Statistic
from nbmodel.evaluation.sample import EvaluationTask, Sample
from nbmodel.metric_directions import Direction

Need = str  # one of the keys of _NEEDS
_NEEDS: dict[Need, tuple[Callable[[Sample], bool], str]] = {
    "labels": (lambda sample: sample.actual is not None, "true labels"),
    "scores": (lambda sample: sample.scores is not None, "probabilities or margins"),
    "probabilities": (
        lambda sample: sample.scores is not None and sample.scores_are_probabilities,
        "probabilities",
    ),
    "data": (lambda sample: sample.data is not None, "the rows themselves"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name : str
        As in scikit-learn's table of scorers, where it has one.
    tasks : tuple of str
    direction : {"higher", "lower", ""}
        Which values are better; empty if unknown.
    needs : tuple of str
        ``labels``, ``scores``, ``probabilities`` or ``data``.
    statistic : callable or None
        Makes what the metric is computed from. Metrics with the same function share it. None, or
        a function that returns None, if rows have to be resampled.
    values : callable or None
        The metric of each round, from the statistics of rounds along the first axis. NaN if the
        metric is not defined.
    exact : callable or None
        The metric of a sample. By default `values` of its statistic.
    gradient : callable or None
        The derivatives of `values`, for statistics with many entries.
    has_interval : bool
        Whether the bootstrap holds for it: it does not for a maximum.
    lowest, highest : float
        Its limits, beyond which no interval goes.

    A metric without a `statistic` is computed by `exact` for each round, from resampled rows.
    """

    name: str
    tasks: tuple[EvaluationTask, ...]
    direction: Direction
    needs: tuple[Need, ...] = ()
    statistic: Callable[[Sample], Statistic | None] | None = None
    values: Callable[[Any], Any] | None = None
    exact: Callable[[Sample], float] | None = None
    gradient: Callable[[Any], Any] | None = None
    has_interval: bool = True
    lowest: float = -math.inf
    highest: float = math.inf

    def obstacle(self, sample: Sample) -> str:
        """Return why the metric cannot be computed for a sample; empty if it can."""
        if sample.task not in self.tasks:
            return f"it is a metric of {' and '.join(self.tasks)}, not of {sample.task}"
        lacks = [text for need in self.needs for has, text in [_NEEDS[need]] if not has(sample)]
        return f"it needs {' and '.join(lacks)}" if lacks else ""

    def value(self, sample: Sample, statistic: Statistic | None = None) -> float:
        """Return the metric of a sample, from all of its rows; NaN if it is not defined.

        Parameters
        ----------
        sample : Sample
        statistic : Statistic, optional
            That of the sample, if it is already computed.
        """
        if self.exact is not None:
            return float(self.exact(sample))
        if statistic is None and self.statistic is not None:
            statistic = self.statistic(sample)
        if statistic is None:
            raise TypeError(f"{self.name} has neither a statistic nor an exact value")
        return float(self.of_rounds(statistic.exact)[0])

    def of_rounds(self, statistics: Any) -> Any:
        """Return the metric of each round; NaN where it is not defined."""
        if self.values is None:
            raise TypeError(f"{self.name} is not computed from a statistic")
        return self.values(statistics)


class SampleStatistics:
    """The statistics of a sample, computed once for the metrics that share them.

    Parameters
    ----------
    sample : Sample
    """

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._statistics: dict[Any, Statistic | None] = {}

    def of(self, metric: Metric) -> Statistic | None:
        """Return the statistic of a metric; None if rows have to be resampled."""
        make = metric.statistic
        if make is None:
            return None
        if make not in self._statistics:
            self._statistics[make] = make(self._sample)
        return self._statistics[make]

    def families(self, metrics: Iterable[Metric]) -> list[tuple[Statistic, list[Metric]]]:
        """Return each statistic with the metrics that are computed from it."""
        families: dict[Any, list[Metric]] = {}
        for metric in metrics:
            if self.of(metric) is not None:
                families.setdefault(metric.statistic, []).append(metric)
        pairs = [(self.of(family[0]), family) for family in families.values()]
        return [(statistic, family) for statistic, family in pairs if statistic is not None]
