"""What the watcher found of each model, as it hands it to the server: one small JSON file.

A file, not a pipe: every worker of a server can show it, and a reader never waits for a writer.
It is replaced as a whole. What is in it is bounded, whatever the log holds: it becomes labels.
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

FILE = "findings.json"
VERSIONS = 10  # of a model that are shown, those in the newest windows first
COLUMNS = 50  # of a version, those that drifted most
ALERTS = 100  # of a model, those that fire first

LONGEST = 200  # characters of a column's or version's name

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What the last looks at one model came to.

    Attributes
    ----------
    succeeded : float
        When it was looked at without an error, seconds since the epoch; 0 for never.
    seconds : float
        That look took.
    failing : bool
        The latest look failed; what is here is of the one before.
    drift : tuple of (version, column, psi)
        In the last complete window.
    drifted : tuple of (version, count)
        Columns of which any detector says so.
    quality : tuple of (version, metric, value)
        In the last window that has labels.
    alerts : tuple of (version, stage, rule, fires)
    told : tuple of (alert, stage, version)
        Of what was told that it fires, and not yet that it no longer does.
    """

    succeeded: float = 0.0
    seconds: float = 0.0
    failing: bool = False
    drift: tuple[tuple[str, str, float], ...] = ()
    drifted: tuple[tuple[str, int], ...] = ()
    quality: tuple[tuple[str, str, float], ...] = ()
    alerts: tuple[tuple[str, str, str, bool], ...] = ()
    told: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """Of every model; `starts` of the watcher, and messages by what became of them."""

    models: Mapping[str, Found] = field(default_factory=dict)
    starts: int = 0
    messages: Mapping[str, int] = field(default_factory=dict)


def found_in(
    report: MonitorReport, end: int, succeeded: float, seconds: float, told: Iterable[Key]
) -> Found:
    """The part of a report that is shown; `end` of its last window, in microseconds."""
    last = [(_label(f.version), f) for f in report.findings if f.start == end - report.width]
    labeled = [(_label(q.version), q) for q in sorted(report.quality, key=lambda q: q.start)]
    newest: dict[str, int] = {}
    for version, start in [(v, f.start) for v, f in last] + [(v, q.start) for v, q in labeled]:
        newest[version] = max(start, newest.get(version, start))
    shown = sorted(newest, key=lambda version: (-newest[version], version))[:VERSIONS]
    psi: dict[str, dict[str, float]] = {}
    drifted: dict[str, set[str]] = {}
    for version, finding in last:
        drifted.setdefault(version, set()).update([finding.column] if finding.drifted else [])
        if finding.detector == "psi" and math.isfinite(finding.value):
            column, values = _label(finding.column), psi.setdefault(version, {})
            values[column] = max(finding.value, values.get(column, 0.0))
    quality = {(version, one.metric): one.value for version, one in labeled}
    fires: dict[Key, bool] = {}
    for alert in report.alerts:
        key = (alert.outcome.version, alert.outcome.stage, visible(alert.alert.rule))
        fires[key] = alert.fires or fires.get(key, False)
    return Found(
        succeeded,
        seconds,
        drift=tuple(
            (version, column, value)
            for version in shown
            for column, value in _largest(psi.get(version, {}))
        ),
        drifted=tuple((v, len(drifted[v])) for v in shown if v in drifted),
        quality=tuple((v, metric, value) for (v, metric), value in quality.items() if v in shown),
        alerts=tuple(
            (*key, fire) for key, fire in sorted(fires.items(), key=lambda x: not x[1])[:ALERTS]
        ),
        told=tuple(told),
    )


def _label(name: str) -> str:
    """What a column or a version of the log, which may be anybody's, becomes as a label."""
    return visible(name)[:LONGEST]


def _largest(values: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))[:COLUMNS]


def write(folder: Path, findings: Findings) -> None:
    """Replace the file in `folder`; it need not survive a power cut."""
    fresh = folder / f".{FILE}.tmp"
    fresh.write_bytes(orjson.dumps(findings))
    fresh.rename(folder / FILE)


def read(folder: Path) -> Findings:
    """What the watcher wrote last; nothing if it has not yet."""
    try:
        document = orjson.loads((folder / FILE).read_bytes())
    except FileNotFoundError:
        return Findings()
    models = {
        name: Found(**{key: _frozen(value) for key, value in found.items()})
        for name, found in document["models"].items()
    }
    return Findings(models, document["starts"], document["messages"])


def _frozen(value: Any) -> Any:
    return tuple(map(tuple, value)) if isinstance(value, list) else value
