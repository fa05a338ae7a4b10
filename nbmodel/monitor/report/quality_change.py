"""The quality of a version in the last window with labels, beside the metric at its commit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbmodel.display import number
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS
from nbmodel.monitor.quality.metrics import METRICS, PREFERRED_METRICS, MetricValue

MIN_LOSS = 0.02  # of a score from 0 to 1, to be worse than at commit
MIN_GROWTH = 1.25  # of an error, likewise: value / value at commit
# Usual names of metrics at commit, and those of the monitor.
_METRIC_NAMES = {"acc": "accuracy", "auc": "roc_auc", "logloss": "log_loss", "brier_score": "brier"}


@dataclass(frozen=True, slots=True)
class QualityChange:
    """A metric in the last window with labels, and at the commit of the version.

    Attributes
    ----------
    metric : str
    value : float
    rows : int
        Labeled rows in the window.
    baseline : float or None
        The value that was committed with the version; None if it has none of this name.
    """

    metric: str
    value: float
    rows: int
    baseline: float | None

    @property
    def worse(self) -> bool:
        """Whether the value is clearly worse than at commit, and comes from enough rows.

        A score from 0 to 1 must have lost at least `MIN_LOSS`. It must also have lost more than
        chance explains for its number of labels: three standard errors of a share. An error must
        have grown by the factor `MIN_GROWTH`.
        """
        then = self.baseline
        if then is None or self.rows < MIN_WINDOW_ROWS:
            return False
        if not METRICS[self.metric].higher_is_better:
            return then > 0 and self.value > MIN_GROWTH * then
        if not 0 <= then <= 1:
            return False
        chance = 3 * math.sqrt(then * (1 - then) / self.rows)
        return then - self.value > max(MIN_LOSS, chance)

    def text(self) -> str:
        """Return both values: ``accuracy 0.91 against 0.94 at commit``."""
        few = f" on {self.rows:,} labeled rows" if self.rows < MIN_WINDOW_ROWS else ""
        then = "" if self.baseline is None else f" against {_brief(self.baseline)} at commit"
        return f"{self.metric} {_brief(self.value)}{few}{then}"


def quality_change(
    values: Iterable[MetricValue],
    baselines: Mapping[str, float],
    complete: int,
    main_metric: str = "",
) -> QualityChange | None:
    """Choose the metric to report, in the last complete window with enough labels.

    Parameters
    ----------
    values : iterable of MetricValue
        Of one version in one stage.
    baselines : mapping of str to float
        The metrics that were committed with the version.
    complete : int
        Windows that start at or after this time are incomplete.
    main_metric : str
        The main metric of the model, which comes first if it is measured.
    """
    baseline_values = {_usual_name(name): value for name, value in baselines.items()}
    main = _usual_name(main_metric)
    measured = list(values)
    order = sorted(
        {item.metric for item in measured},
        key=lambda name: (
            name != main,
            name not in baseline_values,
            [*PREFERRED_METRICS, *METRICS].index(name),
        ),
    )
    if not order:
        return None
    series = [item for item in measured if item.metric == order[0]]
    last = max(
        series,
        key=lambda item: (item.rows >= MIN_WINDOW_ROWS, item.start < complete, item.start),
    )
    return QualityChange(last.metric, last.value, last.rows, baseline_values.get(last.metric))


def _brief(value: float) -> str:
    """Return three significant digits, which are enough to compare two values."""
    return f"{value:.3g}" if abs(value) < 1000 else number(value)


def _usual_name(metric: str) -> str:
    """Return the name by which the monitor measures a metric that was committed."""
    plain = re.sub(r"[ -]+", "_", metric.strip().lower()).removeprefix("test_")
    return _METRIC_NAMES.get(plain, plain)
