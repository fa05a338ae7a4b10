"""What Prometheus scrapes; names by its conventions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from nbmodel.serve.recording import Recorder
    from nbmodel.serve.served import Served
    from nbmodel.serve.slots import Slots

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one server."""

    def __init__(self, slots: Slots, recorder: Recorder | None) -> None:
        self._slots = slots
        self._recorder = recorder
        self._registry = CollectorRegistry()
        labels = ("model", "version")
        self._requests = Counter(
            "nbmodel_requests_total", "Requests by their HTTP status.",
            (*labels, "code"), registry=self._registry,
        )  # fmt: skip
        self._rows = Counter(
            "nbmodel_predictions_total", "Rows scored.", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "nbmodel_request_duration_seconds", "Time from request to answer.",
            labels, buckets=BUCKETS, registry=self._registry,
        )  # fmt: skip
        self._info = Gauge(
            "nbmodel_served_info", "The version that answers for a model.",
            labels, registry=self._registry,
        )  # fmt: skip

        self._logged = Gauge(
            "nbmodel_log_rows", "Rows of the prediction log by what became of them.",
            ("model", "state"), registry=self._registry,
        )  # fmt: skip

    def count(
        self, name: str, served: Served | None, status: int, rows: int, seconds: float
    ) -> None:
        """Note one request; an unknown model has no label of its own, it may be anything."""
        known = name if name in self._slots.all() else ""
        version = served.name if served is not None else ""
        self._requests.labels(known, version, str(status)).inc()
        if status == 200:
            self._rows.labels(known, version).inc(rows)
            self._seconds.labels(known, version).observe(seconds)

    async def page(self, _: Request) -> Response:
        """Prometheus' text format."""
        self._info.clear()
        for name, slot in self._slots.all().items():
            self._info.labels(name, slot.primary.name).set(1)
        for name, state in (self._recorder.states() if self._recorder else {}).items():
            for what in ("waiting", "written", "dropped"):
                self._logged.labels(name, what).set(getattr(state, what))
        return Response(generate_latest(self._registry), media_type=TYPE)
