"""What Prometheus scrapes; names by its conventions.

Source: Prometheus documentation, "Metric and label naming" and "Exposition formats" (text 0.0.4).
Labels are bounded: models and versions that are served, HTTP statuses, and what
`nbmodel.serve.watch.results` lets through of columns and rules.
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
from nbmodel.serve.watch.results import Found

if TYPE_CHECKING:
    from pathlib import Path

    from nbmodel.serve.http.recording import Recorder
    from nbmodel.serve.inference.loaded import Served
    from nbmodel.serve.inference.slots import Slots

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TYPE = "text/plain; version=0.0.4; charset=utf-8"
NOTHING = Found()  # of a model that was not looked at yet
ERRORS = frozenset({"mae", "rmse", "log_loss"})  # in units of the target, or nats: no ratios


class Metrics:
    """Counters of one server.

    Parameters
    ----------
    slots : Slots
    recorder : Recorder or None
    watched : Path or None
        Folder of what the watcher finds; None if nothing is watched.
    """

    def __init__(
        self, slots: Slots, recorder: Recorder | None, watched: Path | None = None
    ) -> None:
        self._slots = slots
        self._registry = CollectorRegistry()
        self._counts: dict[tuple[str, str, int], _Count] = {}
        self._registry.register(Requests(self._counts))
        self._registry.register(State(slots, recorder))
        if watched is not None:
            self._registry.register(Watched(slots, watched))

    def count(
        self, name: str, served: Served | None, status: int, rows: int, seconds: float
    ) -> None:
        """Note one request; an unknown model has no label of its own, it may be anything."""
        version = served.name if served is not None else ""
        count = self._counts.get((name, version, status))
        if count is None:
            known = name if name in self._slots.all() else ""
            count = self._counts.setdefault((known, version, status), _Count())
        count.requests += 1
        if status == 200:
            count.rows += rows
            count.seconds += seconds
            count.buckets[bisect_left(BUCKETS, seconds)] += 1

    def text(self) -> bytes:
        """Prometheus' text format; any thread may ask."""
        return generate_latest(self._registry)


@dataclass(slots=True)
class _Count:
    """Of the requests with the same labels; only the event loop adds to it, without a lock."""

    requests: int = 0
    rows: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))


class Requests(Collector):
    """The requests that were counted, as prometheus_client's counters would tell of them."""

    def __init__(self, counts: Mapping[tuple[str, str, int], _Count]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """One family a metric."""
        requests = CounterMetricFamily(
            "nbmodel_requests",
            "Requests by their HTTP status.",
            labels=["model", "version", "code"],
        )
        rows = CounterMetricFamily(
            "nbmodel_predictions", "Rows scored.", labels=["model", "version"]
        )
        durations = HistogramMetricFamily(
            "nbmodel_request_duration_seconds", "Time from request to answer.",
            labels=["model", "version"],
        )  # fmt: skip
        for (model, version, status), count in sorted(self._counts.items()):
            requests.add_metric([model, version, str(status)], count.requests)
            if status == 200:
                rows.add_metric([model, version], count.rows)
                bounds = [*map(floatToGoString, BUCKETS), "+Inf"]
                until = list(zip(bounds, map(float, accumulate(count.buckets)), strict=True))
                durations.add_metric([model, version], until, count.seconds)
        yield requests
        yield rows
        yield durations


class State(Collector):
    """What is so when Prometheus asks: versions that answer, and the state of the log."""

    def __init__(self, slots: Slots, recorder: Recorder | None) -> None:
        self._slots = slots
        self._recorder = recorder

    def collect(self) -> Iterator[Metric]:
        """One family a metric."""
        build = _gauge("build_info", "The software that serves.", "version", "python")
        build.add_metric([__version__, platform.python_version()], 1)
        yield build
        info = _gauge("served_info", "The version that answers for a model.", "model", "version")
        for name, slot in self._slots.all().items():
            info.add_metric([name, slot.primary.name], 1)
        yield info
        proof = _gauge(
            "proof_info",
            "Whether a version answered its acceptance rows as it did at commit.",
            "model", "version", "role", "state",
        )  # fmt: skip
        for name, slot in self._slots.all().items():
            for role, served, _ in slot.shares():
                proof.add_metric([name, served.name, role, served.proof.state], 1)
        yield proof
        following = _gauge(
            "follow_failing",
            "Whether the version that a stage names now could not take over.", "model",
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
            for role, served, share in slot.shares():
                traffic.add_metric([name, served.name, role], share)
        yield traffic
        states = self._recorder.states() if self._recorder else {}
        rows = CounterMetricFamily(
            "nbmodel_log_rows", "Rows of the prediction log by what became of them.",
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
class Shown:
    """A gauge of what was found: its labels beside the model's, and their values with its own."""

    name: str
    text: str
    labels: tuple[str, ...]
    values: Callable[[Found], Iterable[tuple[str | float, ...]]]


SHOWN = (
    Shown(
        "watch_last_success_timestamp_seconds",
        "When the log was looked at without an error; 0 for never.",
        (), lambda found: [(found.succeeded,)],
    ),
    Shown(
        "watch_failing", "Whether the last look at the log failed.",
        (), lambda found: [(found.failing,)],
    ),
    Shown(
        "watch_duration_seconds", "Time that the last look took.",
        (), lambda found: [(found.seconds,)],
    ),
    Shown(
        "drift_ratio", "Population stability index in the last complete window.",
        ("version", "column"), lambda found: found.drift,
    ),
    Shown(
        "drifted_columns", "Columns that drifted in the last complete window.",
        ("version",), lambda found: found.drifted,
    ),
    Shown(
        "quality_ratio", "Quality in the last window with labels.",
        ("version", "metric"), lambda found: [q for q in found.quality if q[1] not in ERRORS],
    ),
    Shown(
        "quality_error", "Mean error in the last window with labels, in the metric's own unit.",
        ("version", "metric"), lambda found: [q for q in found.quality if q[1] in ERRORS],
    ),
    Shown(
        "alert_firing", "Whether a rule that was set for the model holds.",
        ("version", "stage", "rule"), lambda found: found.alerts,
    ),
)  # fmt: skip


class Watched(Collector):
    """What the watcher found last, of the models that are served."""

    def __init__(self, slots: Slots, folder: Path) -> None:
        self._slots = slots
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """One family a metric."""
        known = results.read(self._folder)
        for shown in SHOWN:
            family = _gauge(shown.name, shown.text, "model", *shown.labels)
            for name in self._slots.all():
                for *labels, value in shown.values(known.models.get(name, NOTHING)):
                    family.add_metric([name, *map(str, labels)], float(value))
            yield family
        starts = CounterMetricFamily("nbmodel_watch_starts", "Starts of the watching process.")
        starts.add_metric([], known.starts)
        yield starts
        messages = CounterMetricFamily(
            "nbmodel_notifications", "Messages about alerts by what became of them.",
            labels=["state"],
        )  # fmt: skip
        for state, count in known.messages.items():
            messages.add_metric([state], count)
        yield messages


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"nbmodel_{name}", text, labels=labels)
