"""The results of watching, as the child process hands them to the server: a small JSON file.

It is a file and not a pipe, because every worker of a server reads it, and no reader waits for the
writer. It is replaced as a whole. Its size is bounded for any log, because its content becomes
labels of metrics.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from nbmodel.display import visible

if TYPE_CHECKING:
    from nbmodel.monitor.report.result import MonitorReport

FILE_NAME = "results.json"
MAX_VERSIONS = 10  # of a model; those in the newest windows first
MAX_COLUMNS = 50  # of a version; those that drifted most first
MAX_ALERTS = 100  # of a model; those that fire first
MAX_LABEL_CHARS = 200  # of the name of a column or version

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchResult:
    """The result of the last successful evaluation of one model.

    Attributes
    ----------
    succeeded_at : float
        When it ended, in seconds since the epoch; 0 if none has succeeded.
    duration_s : float
        How long it took, in seconds.
    failing : bool
        Whether a later evaluation failed.
    drift : tuple of (version, column, psi)
        In the last complete window.
    drifted : tuple of (version, count)
        How many columns drifted according to any detector.
    quality : tuple of (version, metric, value)
        In the last window that has labels.
    alerts : tuple of (version, stage, rule, fires)
    notified : tuple of (alert, stage, version)
        Alerts for which a notification was sent that they fire, and none yet that they stopped.
    """

    succeeded_at: float = 0.0
    duration_s: float = 0.0
    failing: bool = False
    drift: tuple[tuple[str, str, float], ...] = ()
    drifted: tuple[tuple[str, int], ...] = ()
    quality: tuple[tuple[str, str, float], ...] = ()
    alerts: tuple[tuple[str, str, str, bool], ...] = ()
    notified: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchResults:
    """The results of all models.

    Attributes
    ----------
    models : mapping of str to WatchResult
    starts : int
        How often the watching process was started.
    messages : mapping of str to int
        Notifications by their state: sent, failed, dropped or refused.
    """

    models: Mapping[str, WatchResult] = field(default_factory=dict)
    starts: int = 0
    messages: Mapping[str, int] = field(default_factory=dict)


def summarize(
    report: MonitorReport, end: int, succeeded_at: float, duration_s: float,
    notified: Iterable[Key],
) -> WatchResult:  # fmt: skip
    """The part of a report that ``/metrics`` shows.

    Parameters
    ----------
    report : MonitorReport
    end : int
        Of its last window, in microseconds since the epoch.
    succeeded_at, duration_s, notified
        As in `WatchResult`.
    """
    last = [(_label(f.version), f) for f in report.findings if f.start == end - report.width]
    labeled = [(_label(q.version), q) for q in sorted(report.quality, key=lambda q: q.start)]
    newest: dict[str, int] = {}
    for version, start in [(v, f.start) for v, f in last] + [(v, q.start) for v, q in labeled]:
        newest[version] = max(start, newest.get(version, start))
    versions = sorted(newest, key=lambda version: (-newest[version], version))[:MAX_VERSIONS]
    psi: dict[str, dict[str, float]] = {}
    drifted: dict[str, set[str]] = {}
    for version, finding in last:
        drifted.setdefault(version, set()).update([finding.column] if finding.drifted else [])
        if finding.measure == "psi" and math.isfinite(finding.value):
            column, values = _label(finding.column), psi.setdefault(version, {})
            values[column] = max(finding.value, values.get(column, 0.0))
    quality = {(version, score.metric): score.value for version, score in labeled}
    fires: dict[Key, bool] = {}
    for alert in report.alerts:
        key = (alert.outcome.version, alert.outcome.stage, visible(alert.alert.rule))
        fires[key] = alert.firing or fires.get(key, False)
    return WatchResult(
        succeeded_at=succeeded_at,
        duration_s=duration_s,
        drift=tuple(
            (version, column, value)
            for version in versions
            for column, value in _largest(psi.get(version, {}))
        ),
        drifted=tuple((v, len(drifted[v])) for v in versions if v in drifted),
        quality=tuple(
            (v, metric, value) for (v, metric), value in quality.items() if v in versions
        ),
        alerts=tuple(
            (*key, fire) for key, fire in sorted(fires.items(), key=lambda x: not x[1])[:MAX_ALERTS]
        ),
        notified=tuple(notified),
    )


def _label(name: str) -> str:
    """The name of a column or version as a safe label; it may come from anyone."""
    return visible(name)[:MAX_LABEL_CHARS]


def _largest(values: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_COLUMNS]


def write(folder: Path, results: WatchResults) -> None:
    """Replace the file in `folder`; it need not survive a power cut."""
    temporary = folder / f".{FILE_NAME}.tmp"
    temporary.write_bytes(orjson.dumps(results))
    temporary.rename(folder / FILE_NAME)


def read(folder: Path) -> WatchResults:
    """Read the file in `folder`; the results are empty if there is none yet."""
    try:
        document = orjson.loads((folder / FILE_NAME).read_bytes())
    except FileNotFoundError:
        return WatchResults()
    models = {
        name: WatchResult(**{key: _frozen(value) for key, value in fields.items()})
        for name, fields in document["models"].items()
    }
    return WatchResults(models, document["starts"], document["messages"])


def _frozen(value: Any) -> Any:
    return tuple(map(tuple, value)) if isinstance(value, list) else value
