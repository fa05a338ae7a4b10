"""The metrics that Prometheus scrapes.

Source: Prometheus documentation, "Metric and label naming" and "Exposition formats" (text 0.0.4).
The number of labels is bounded: served models and versions, HTTP statuses, and the columns and
rules that `nbmodel.serve.watch.results` selects.
"""

from __future__ import annotations

import platform
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from nbmodel._version import __version__
from nbmodel.serve.watch import results
from nbmodel.serve.watch.results import WatchResult

if TYPE_CHECKING:
    from pathlib import Path

    from nbmodel.serve.http.recording import Recorder
    from nbmodel.serve.inference.loaded import LoadedVersion
    from nbmodel.serve.inference.slots import Slots

BUCKET_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NO_RESULT = WatchResult()  # of a model that was not evaluated yet
ERROR_METRICS = frozenset({"mae", "rmse", "log_loss"})  # in units of the target or nats


class Metrics:
    """The metrics of one worker.

    Parameters
    ----------
    slots : Slots
    recorder : Recorder or None
    watch_folder : Path or None
        Of the results of watching; None if nothing is watched.
    """

    def __init__(
        self, slots: Slots, recorder: Recorder | None, watch_folder: Path | None = None
    ) -> None:
        self._slots = slots
        self._registry = CollectorRegistry()
        self._counts: dict[tuple[str, str, int], _Count] = {}
        self._registry.register(RequestCollector(self._counts))
        self._registry.register(StateCollector(slots, recorder))
        if watch_folder is not None:
            self._registry.register(WatchCollector(slots, watch_folder))

    def count(
        self, name: str, version: LoadedVersion | None, status: int, rows: int, latency_s: float
    ) -> None:
        """Count one request; all models that are not served share the empty label."""
        reference = version.reference if version is not None else ""
        count = self._counts.get((name, reference, status))
        if count is None:
            label = name if name in self._slots.all() else ""
            count = self._counts.setdefault((label, reference, status), _Count())
        count.requests += 1
        if status == 200:
            count.rows += rows
            count.seconds += latency_s
            count.buckets[bisect_left(BUCKET_SECONDS, latency_s)] += 1

    def text(self) -> bytes:
        """All metrics in Prometheus' text format; any thread may call this."""
        return generate_latest(self._registry)


@dataclass(slots=True)
class _Count:
    """Counts of requests with the same labels; only the event loop changes them."""

    requests: int = 0
    rows: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKET_SECONDS) + 1))


class RequestCollector(Collector):
    """The counted requests, in the form of prometheus_client's counters."""

    def __init__(self, counts: Mapping[tuple[str, str, int], _Count]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """Yield one family for each metric."""
        requests = CounterMetricFamily(
            "nbmodel_requests",
            "Requests by HTTP status.",
            labels=["model", "version", "code"],
        )
        rows = CounterMetricFamily(
            "nbmodel_predictions", "Rows scored.", labels=["model", "version"]
        )
        durations = HistogramMetricFamily(
            "nbmodel_request_duration_seconds", "Time from request to response.",
            labels=["model", "version"],
        )  # fmt: skip
        for (model, version, status), count in sorted(self._counts.items()):
            requests.add_metric([model, version, str(status)], count.requests)
            if status == 200:
                rows.add_metric([model, version], count.rows)
                bounds = [*map(floatToGoString, BUCKET_SECONDS), "+Inf"]
                until = list(zip(bounds, map(float, accumulate(count.buckets)), strict=True))
                durations.add_metric([model, version], until, count.seconds)
        yield requests
        yield rows
        yield durations


class StateCollector(Collector):
    """The current state: the versions that answer, and the prediction logs."""

    def __init__(self, slots: Slots, recorder: Recorder | None) -> None:
        self._slots = slots
        self._recorder = recorder

    def collect(self) -> Iterator[Metric]:
        """Yield one family for each metric."""
        build = _gauge("build_info", "Versions of nbmodel and Python.", "version", "python")
        build.add_metric([__version__, platform.python_version()], 1)
        yield build
        info = _gauge("served_info", "The version that answers for a model.", "model", "version")
        for name, slot in self._slots.all().items():
            info.add_metric([name, slot.primary.reference], 1)
        yield info
        proof = _gauge(
            "proof_info",
            "Whether the outputs for the acceptance rows are those at commit.",
            "model", "version", "role", "state",
        )  # fmt: skip
        for name, slot in self._slots.all().items():
            for role, version, _ in slot.shares():
                proof.add_metric([name, version.reference, role, version.proof.state], 1)
        yield proof
        following = _gauge(
            "follow_failing",
            "Whether the version that the stage names could not take over.", "model",
        )  # fmt: skip
        for name, slot in self._slots.all().items():
            following.add_metric([name], bool(slot.problem))
        yield following
        traffic = _gauge(
            "traffic_ratio",
            "Share of a model's requests that a version scores; a shadow scores copies.",
            "model", "version", "role",
        )  # fmt: skip
        for name, slot in self._slots.all().items():
            for role, version, share in slot.shares():
                traffic.add_metric([name, version.reference, role], share)
        yield traffic
        states = self._recorder.states() if self._recorder else {}
        rows = CounterMetricFamily(
            "nbmodel_log_rows", "Rows of the prediction log by state.",
            labels=["model", "state"],
        )  # fmt: skip
        waiting = _gauge("log_waiting_rows", "Rows that wait to be written to the log.", "model")
        failing = _gauge("log_failing", "Whether rows cannot be written to the log now.", "model")
        for name, state in states.items():
            rows.add_metric([name, "written"], state.written)
            rows.add_metric([name, "dropped"], state.dropped)
            waiting.add_metric([name], state.waiting)
            failing.add_metric([name], bool(state.problem))
        yield rows
        yield waiting
        yield failing


@dataclass(frozen=True, slots=True)
class WatchGauge:
    """A gauge of the results of watching.

    Attributes
    ----------
    name : str
    text : str
    labels : tuple of str
        In addition to the model.
    values : callable
        Takes a result; returns the values of the labels, followed by that of the gauge.
    """

    name: str
    text: str
    labels: tuple[str, ...]
    values: Callable[[WatchResult], Iterable[tuple[str | float, ...]]]


WATCH_GAUGES = (
    WatchGauge(
        "watch_last_success_timestamp_seconds",
        "When the log was last evaluated without an error; 0 for never.",
        (), lambda result: [(result.succeeded_at,)],
    ),
    WatchGauge(
        "watch_failing", "Whether the last evaluation of the log failed.",
        (), lambda result: [(result.failing,)],
    ),
    WatchGauge(
        "watch_duration_seconds", "How long the last evaluation took.",
        (), lambda result: [(result.duration_s,)],
    ),
    WatchGauge(
        "drift_ratio", "Population stability index in the last complete window.",
        ("version", "column"), lambda result: result.drift,
    ),
    WatchGauge(
        "drifted_columns", "Columns that drifted in the last complete window.",
        ("version",), lambda result: result.drifted,
    ),
    WatchGauge(
        "quality_ratio", "Quality in the last window with labels.",
        ("version", "metric"),
        lambda result: [q for q in result.quality if q[1] not in ERROR_METRICS],
    ),
    WatchGauge(
        "quality_error", "Mean error in the last window with labels, in the metric's own unit.",
        ("version", "metric"), lambda result: [q for q in result.quality if q[1] in ERROR_METRICS],
    ),
    WatchGauge(
        "alert_firing", "Whether an alert rule of the model fires.",
        ("version", "stage", "rule"), lambda result: result.alerts,
    ),
)  # fmt: skip


class WatchCollector(Collector):
    """The last results of watching, for the served models."""

    def __init__(self, slots: Slots, folder: Path) -> None:
        self._slots = slots
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield one family for each metric."""
        last = results.read(self._folder)
        for gauge in WATCH_GAUGES:
            family = _gauge(gauge.name, gauge.text, "model", *gauge.labels)
            for name in self._slots.all():
                for *labels, value in gauge.values(last.models.get(name, NO_RESULT)):
                    family.add_metric([name, *map(str, labels)], float(value))
            yield family
        starts = CounterMetricFamily(
            "nbmodel_watch_starts", "Starts of the process that watches the log."
        )
        starts.add_metric([], last.starts)
        yield starts
        messages = CounterMetricFamily(
            "nbmodel_notifications", "Notifications about alerts by state.",
            labels=["state"],
        )  # fmt: skip
        for state, count in last.messages.items():
            messages.add_metric([state], count)
        yield messages


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"nbmodel_{name}", text, labels=labels)
