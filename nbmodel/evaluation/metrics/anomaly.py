"""Metrics of anomaly scores beside the areas under curves, which `scores` has."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbmodel.evaluation.metrics.base import Metric
from nbmodel.evaluation.metrics.confusion import ratio
from nbmodel.evaluation.metrics.scores import of_two


def _precision_at_share(tables: Any) -> Any:
    """Precision of the highest scores, of as many rows as there are anomalies; ties share."""
    falling = tables[..., ::-1, :]
    rows = falling.sum(axis=-1)
    positives = falling[..., 1].sum(axis=-1)
    before = np.cumsum(rows, axis=-1) - rows
    inside = np.clip(ratio(positives[..., np.newaxis] - before, rows), 0, 1)
    return ratio((falling[..., 1] * inside).sum(axis=-1), positives, np.nan)


METRICS: tuple[Metric, ...] = (of_two("precision_at_share", ("anomaly",), _precision_at_share),)
