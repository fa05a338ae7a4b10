"""Detection of anomalies: the table of detectors, and what they find in series.

A new detector is a file in `nbmodel.monitor.anomalies.detectors` with a function ``find``, and a
row in `ANOMALY_DETECTORS`. Its library is imported at its first use. Other packages add detectors
by entry points.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from types import FunctionType
from typing import cast

from nbmodel import plugins
from nbmodel.display import line
from nbmodel.errors import NotFound
from nbmodel.monitor.anomalies.detectors.base import MIN_POINTS, Array, Detection
from nbmodel.monitor.quality.timeseries import VOLUME, Series

Find = Callable[[Array], list[Detection]]
logger = logging.getLogger("nbmodel.monitor")

# The detectors of nbmodel itself.
ANOMALY_DETECTORS: Mapping[str, str] = {
    "isolation forest": "nbmodel.monitor.anomalies.detectors.isolation_forest",
    "som": "nbmodel.monitor.anomalies.detectors.som",
    "ewma": "nbmodel.monitor.anomalies.detectors.ewma",
    "adwin": "nbmodel.monitor.anomalies.detectors.adwin",
    "page-hinkley": "nbmodel.monitor.anomalies.detectors.page_hinkley",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A window that a detector marks in a series.

    Attributes
    ----------
    detector, metric, version, stage : str
    start : int
        Start of the window, microseconds since the epoch.
    value : float
        Value of the metric.
    score : float
        How unusual the value is, on the detector's own scale.
    reason : str
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
    """Run detectors over series; series that are too short are skipped.

    Parameters
    ----------
    series : iterable of Series
    detectors : sequence of str
        Names from `detector_names`; all if empty.

    Raises
    ------
    NotFound
        If there is no such detector.
    ExtraMissing
        If the library of a detector is not installed.
    """
    functions = {name: _load_detector(name) for name in detectors or detector_names()}
    return [
        _anomaly(name, item, detection)
        for item in series
        if len(item) >= MIN_POINTS
        for name, find in functions.items()
        for detection in find(item.array())
    ]


def _anomaly(detector: str, series: Series, detection: Detection) -> Anomaly:
    return Anomaly(
        detector=detector,
        metric=series.metric,
        version=series.version,
        stage=series.stage,
        start=series.times[detection.index],
        value=series.values[detection.index],
        score=detection.score,
        reason=detection.reason,
    )


def searchable_series(series: Sequence[Series], until: int) -> list[Series]:
    """Return series of traffic and quality with only the windows in which anomalies are searched.

    Windows that start at or after `until` are incomplete and have too few rows. If another version
    answered for the stage, a version without rows did not fail. A volume with all rows in one
    window is left out: a single batch has no usual volume.
    """
    answered = {
        (item.stage, time)
        for item in series
        if item.metric == VOLUME
        for time, rows in zip(item.times, item.values, strict=True)
        if rows
    }

    def is_searched(item: Series, time: int, rows: float) -> bool:
        silent = item.metric == VOLUME and rows <= 0
        return time < until and not (silent and (item.stage, time) in answered)

    return [
        item.select(
            [is_searched(item, *point) for point in zip(item.times, item.values, strict=True)]
        )
        for item in series
        if not _is_single_batch(item)
    ]


def _is_single_batch(series: Series) -> bool:
    return series.metric == VOLUME and sum(rows > 0 for rows in series.values) == 1


def detector_names() -> tuple[str, ...]:
    """Return nbmodel's detectors, then those of the entry points ``nbmodel.anomaly_detectors``."""
    return (*ANOMALY_DETECTORS, *_plugins())


@cache
def _plugins() -> dict[str, Find]:
    plugged = plugins.load_plugins(plugins.ANOMALY_GROUP, FunctionType, ANOMALY_DETECTORS)
    return {name: partial(_call_plugin, name, find) for name, find in plugged.items()}


def _call_plugin(name: str, find: Find, values: Array) -> list[Detection]:
    """Return what a plug-in marks; nothing, with a warning, if it fails."""
    try:
        detections = list(find(values))
        if all(isinstance(d, Detection) and 0 <= d.index < len(values) for d in detections):
            return detections
        reason = "it returned something other than Detections of points of the series"
    except Exception as error:  # noqa: BLE001  the code of others may raise anything
        reason = f"{type(error).__name__}: {error}"
    logger.warning("The anomaly detector %s failed: %s", line(name), line(reason))
    return []


def _load_detector(name: str) -> Find:
    if name in ANOMALY_DETECTORS:
        return cast("Find", import_module(ANOMALY_DETECTORS[name]).find)
    if name not in _plugins():
        raise NotFound("detector", name, "nbmodel.monitor", detector_names())
    return _plugins()[name]
