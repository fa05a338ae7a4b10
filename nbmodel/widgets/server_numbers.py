"""What a server's ``/metrics`` say of the last seconds: rates, latency, errors, the log."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

RATE_SECONDS = 10.0  # seconds that a rate and a latency are about
HISTORY_SECONDS = 120.0  # seconds of the sparkline
FIRST_ERROR_STATUS = 400  # HTTP statuses from here on

Json = dict[str, Any]


@dataclass(slots=True)
class Counts:
    """What was counted of one model until a moment.

    Attributes
    ----------
    versions : mapping of str to (str, float)
        By role (primary, canary, shadow), the version and its share of the requests.
    requests, errors, rows : float
        Since the server began.
    buckets : mapping of float to float
        Requests that took no longer than so many seconds.
    log : mapping of str to float
        Rows by what became of them; empty if there is no log.
    """

    versions: dict[str, tuple[str, float]] = field(default_factory=dict)
    requests: float = 0.0
    errors: float = 0.0
    rows: float = 0.0
    buckets: defaultdict[float, float] = field(default_factory=lambda: defaultdict(float))
    log: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(frozen=True, slots=True)
class ServerSample:
    """The counts of a moment; `time` is that of a clock that never goes back, in seconds."""

    time: float
    models: Mapping[str, Counts]


def sample(text: str, time: float) -> ServerSample:
    """Counts in Prometheus' text format."""
    models: defaultdict[str, Counts] = defaultdict(Counts)
    for family in text_string_to_metric_families(text):
        for point in family.samples:
            take = _COUNTERS.get(point.name)
            if take is not None and point.labels.get("model"):
                take(models[point.labels["model"]], point.labels, point.value)
    return ServerSample(time, dict(models))


def reading(samples: Sequence[ServerSample]) -> list[Json]:
    """For a page: each model of the last sample, and what happened since earlier ones."""
    if not samples:
        return []
    last = samples[-1]
    recent = [each for each in samples if last.time - each.time <= RATE_SECONDS]
    return [
        {
            "name": name,
            **_versions(counts),
            **_flow(recent[0], last, name),
            "errors": counts.errors,
            "rowsWritten": counts.log.get("written"),
            "rowsDropped": counts.log.get("dropped"),
            "requestHistory": [_rate(a, b, name, "requests") for a, b in pairwise(samples)],
        }
        for name, counts in sorted(last.models.items())
        if "primary" in counts.versions
    ]


def quantile(share: float, buckets: Mapping[float, float]) -> tuple[float, str] | None:
    """A quantile of a histogram, as Prometheus' ``histogram_quantile`` interpolates it.

    Parameters
    ----------
    share : float
        0.99 for the 99th percentile.
    buckets : mapping of float to float
        Upper bounds, rising to infinity, with cumulative counts.

    Returns
    -------
    tuple or None
        Seconds, and ``<`` or ``>`` if the histogram knows only a bound; None without counts.
    """
    total = buckets.get(math.inf, 0.0)
    if total <= 0:
        return None
    rank, low, before = share * total, 0.0, 0.0
    for high, count in sorted(buckets.items()):
        if count >= rank:
            if low == 0:
                return high, "<"
            if math.isinf(high):
                return low, ">"
            return low + (high - low) * (rank - before) / (count - before), ""
        low, before = high, count
    return None


def _versions(counts: Counts) -> Json:
    canary, share = counts.versions.get("canary", ("", 0.0))
    return {
        "version": counts.versions["primary"][0],
        "canary": canary,
        "canaryShare": share,
        "shadow": counts.versions.get("shadow", ("", 0.0))[0],
    }


def _flow(first: ServerSample, last: ServerSample, name: str) -> Json:
    """Rates and latency between two moments; null where nothing can be said."""
    before, after = first.models.get(name, Counts()), last.models[name]
    buckets = {
        bound: count - before.buckets.get(bound, 0.0) for bound, count in after.buckets.items()
    }
    return {
        "requestsPerSecond": _rate(first, last, name, "requests"),
        "rowsPerSecond": _rate(first, last, name, "rows"),
        "hasNewErrors": after.errors > before.errors,
        "p50": quantile(0.5, buckets),
        "p99": quantile(0.99, buckets),
    }


def _rate(first: ServerSample, last: ServerSample, name: str, what: str) -> float | None:
    passed = last.time - first.time
    if passed <= 0 or name not in first.models or name not in last.models:
        return None
    counted: float = getattr(last.models[name], what) - getattr(first.models[name], what)
    return round(max(0.0, counted) / passed, 3)


# -- which number is what ------------------------------------------------------

_Labels = Mapping[str, str]


def _role(counts: Counts, labels: _Labels, value: float) -> None:
    counts.versions[labels["role"]] = (labels["version"], value)


def _request(counts: Counts, labels: _Labels, value: float) -> None:
    counts.requests += value
    if int(labels["code"]) >= FIRST_ERROR_STATUS:
        counts.errors += value


def _rows(counts: Counts, _: _Labels, value: float) -> None:
    counts.rows += value


def _bucket(counts: Counts, labels: _Labels, value: float) -> None:
    counts.buckets[float(labels["le"])] += value


def _log(counts: Counts, labels: _Labels, value: float) -> None:
    counts.log[labels["state"]] += value


_COUNTERS: Mapping[str, Callable[[Counts, _Labels, float], None]] = {
    "nbmodel_traffic_ratio": _role,
    "nbmodel_requests_total": _request,
    "nbmodel_predictions_total": _rows,
    "nbmodel_request_duration_seconds_bucket": _bucket,
    "nbmodel_log_rows_total": _log,
}
