"""Detection of anomalies: the table of detectors, and what they find in series.

A new detector is a file in `nbmodel.monitor.anomalies.detectors` with a function ``find``, and a
row in `ANOMALY_DETECTORS`. Its library is imported at its first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from nbmodel.errors import NotFound
from nbmodel.monitor.anomalies.detectors.base import MIN_POINTS, Detection
from nbmodel.monitor.quality.timeseries import VOLUME, Series

ANOMALY_DETECTORS: Mapping[str, str] = {
    "isolation forest": "nbmodel.monitor.anomalies.detectors.isolation_forest",
    "som": "nbmodel.monitor.anomalies.detectors.som",
    "ewma": "nbmodel.monitor.anomalies.detectors.ewma",
    "adwin": "nbmodel.monitor.anomalies.detectors.adwin",
    "page-hinkley": "nbmodel.monitor.anomalies.detectors.page_hinkley",
}


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A point that a detector marks.

    Attributes
    ----------
    detector, metric, version, stage : str
    start : int
        Of the window, microseconds since the epoch.
    value, score : float
        Of the metric; of the detector, by its own measure.
    why : str
        For people.
    """

    detector: str
    metric: str
    version: str
    stage: str
    start: int
    value: float
    score: float
    reason: str


def find_anomalies(series: Iterable[Series], detectors: Sequence[str] = ()) -> list[Anomaly]:
    """What detectors mark in series; too short ones are passed over.

    Parameters
    ----------
    series : iterable of Series
    detectors : sequence of str
        Names from `ANOMALY_DETECTORS`; all if empty.

    Raises
    ------
    NotFound
        If there is no such detector.
    ExtraMissing
        If its library is not installed.
    """
    chosen = {name: _find(name) for name in detectors or ANOMALY_DETECTORS}
    return [
        Anomaly(
            name, one.metric, one.version, one.stage, one.times[odd.index], one.values[odd.index],
            odd.score, odd.reason,
        )
        for one in series
        if len(one) >= MIN_POINTS
        for name, find in chosen.items()
        for odd in find(one.array())
    ]  # fmt: skip


def searchable_series(found: Sequence[Series], until: int) -> list[Series]:
    """Traffic and quality as anomalies are looked for in them.

    Windows that begin at or after `until` are not complete, and have too few rows yet. Where
    another version answered for the stage, a version without rows was not silent.
    """
    answered = {
        (one.stage, time)
        for one in found
        if one.metric == VOLUME
        for time, rows in zip(one.times, one.values, strict=True)
        if rows
    }
    return [
        one.select([
            time < until and (one.metric != VOLUME or rows > 0 or (one.stage, time) not in answered)
            for time, rows in zip(one.times, one.values, strict=True)
        ])
        for one in found
    ]  # fmt: skip


def _find(name: str) -> Callable[[Any], list[Detection]]:
    if name not in ANOMALY_DETECTORS:
        raise NotFound("detector", name, "nbmodel.monitor", ANOMALY_DETECTORS)
    return cast("Callable[[Any], list[Detection]]", import_module(ANOMALY_DETECTORS[name]).find)
