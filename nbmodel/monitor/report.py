"""How a model fares: what was logged of it, judged, in one result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import display, refs
from nbmodel.display import Result, Table
from nbmodel.monitor import alerts, anomalies, series, windows
from nbmodel.monitor.anomalies import Mark
from nbmodel.monitor.drift import DETECTORS, Finding
from nbmodel.monitor.firing import Firing, check
from nbmodel.monitor.judging import Chosen, Judged, serving
from nbmodel.monitor.quality import METRICS, Quality
from nbmodel.monitor.reading import MEMORY, Logged, open_log
from nbmodel.monitor.series import Series
from nbmodel.monitor.settings import default_root
from nbmodel.versioning.context import Context

SHOWN = 20  # rows of a table


@dataclass(frozen=True, repr=False)
class MonitorReport(Result):
    """What the log of a model says.

    Attributes
    ----------
    model : str
    width : int
        Of the windows, microseconds.
    logged : tuple of Logged
        Versions and stages that have rows.
    findings : tuple of Finding
        Drift by column, detector and window.
    quality : tuple of Quality
    series : tuple of Series
        Traffic, quality and drift: what is plotted.
    marks : tuple of Mark
        Anomalies in traffic and quality.
    alerts : tuple of Firing
        What every alert of the model came to.
    unknown_labels : int
        Labels whose predictions are not in the log.
    warnings : tuple of str
        What could not be read or judged.
    """

    model: str
    width: int
    logged: tuple[Logged, ...]
    findings: tuple[Finding, ...] = ()
    quality: tuple[Quality, ...] = ()
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    alerts: tuple[Firing, ...] = ()
    unknown_labels: int = 0
    warnings: tuple[str, ...] = field(default=())

    @property
    def drifted(self) -> tuple[Finding, ...]:
        """Findings that speak of drift."""
        return tuple(finding for finding in self.findings if finding.drifted)

    @property
    def firing(self) -> tuple[Firing, ...]:
        """Alerts that fire."""
        return tuple(one for one in self.alerts if one.fires)

    def text(self) -> str:
        """Headed tables; what could not be judged at the end."""
        parts = [f"{title}\n{body.text()}" for title, body in self._tables()]
        parts += [one.text() for one in self.firing]
        return "\n\n".join([*parts, *filter(None, ["\n".join(self._remarks())])])

    def html(self) -> str:
        """The same."""
        tables = [
            f"<h4>{display.escaped(title)}</h4>{body.html()}" for title, body in self._tables()
        ]
        firing = [f'<pre class="warn">{display.escaped(one.text())}</pre>' for one in self.firing]
        remarks = [f'<div class="dim">{display.escaped(line)}</div>' for line in self._remarks()]
        return "".join([*tables, *firing, *remarks])

    # -- tables ----------------------------------------------------------------------

    def _tables(self) -> list[tuple[str, Table]]:
        tables = [
            (f"{self.model}: logged", self._logged()),
            ("drift in the last window", self._drift()),
            ("quality in the last window with labels", self._quality()),
            ("anomalies", self._marks()),
            ("alerts", self._alerts()),
        ]
        return [(title, table) for title, table in tables if table.rows]

    def _logged(self) -> Table:
        rows = [
            (
                one.version, one.stage, f"{one.rows:,}",
                windows.label_of(one.first, 1), windows.label_of(one.last, 1),
            )
            for one in self.logged
        ]  # fmt: skip
        headings = ("version", "stage", "rows", "first", "last")
        return Table(headings, rows, numeric=frozenset({"rows"}))

    def _drift(self) -> Table:
        """The columns that drifted most, by their population stability index."""
        last = {(f.version, f.stage): f.start for f in sorted(self.findings, key=lambda f: f.start)}
        now = [f for f in self.findings if f.start == last[f.version, f.stage]]
        cells: dict[tuple[str, str, str], dict[str, Finding]] = {}
        for finding in now:
            key = (finding.version, finding.stage, finding.column)
            cells.setdefault(key, {})[finding.detector] = finding
        names = [detector.name for detector in DETECTORS]

        def badness(key: tuple[str, str, str]) -> tuple[int, float]:
            found = cells[key].values()
            index = cells[key].get("psi")
            return -sum(f.drifted for f in found), -(index.value if index else 0.0)

        rows = [
            (*key, *(_cell(cells[key].get(name)) for name in names))
            for key in sorted(cells, key=badness)[:SHOWN]
        ]
        return Table(("version", "stage", "column", *names), rows, numeric=frozenset(names))

    def _quality(self) -> Table:
        last: dict[tuple[str, str], dict[str, Quality]] = {}
        for one in sorted(self.quality, key=lambda q: q.start):
            last.setdefault((one.version, one.stage), {})[one.metric] = one
        names = [name for name in METRICS if any(name in found for found in last.values())]
        rows = [
            (
                *key,
                windows.label_of(max(q.start for q in found.values()), self.width),
                *(display.number(found[name].value) if name in found else "" for name in names),
            )
            for key, found in last.items()
        ]
        return Table(("version", "stage", "window", *names), rows, numeric=frozenset(names))

    def _marks(self) -> Table:
        newest = sorted(self.marks, key=lambda mark: -mark.start)[:SHOWN]
        rows = [
            (
                windows.label_of(mark.start, self.width), mark.version, mark.stage, mark.metric,
                display.number(mark.value), mark.detector, mark.why,
            )
            for mark in newest
        ]  # fmt: skip
        headings = ("window", "version", "stage", "metric", "value", "detector", "why")
        return Table(headings, rows, numeric=frozenset({"value"}))

    def _alerts(self) -> Table:
        rows = [
            (
                one.outcome.state, one.outcome.version, one.outcome.stage, one.outcome.text(),
                windows.label_of(one.outcome.since, self.width) if one.outcome.since else "",
            )
            for one in self.alerts
        ]  # fmt: skip
        headings = ("state", "version", "stage", "rule", "since")
        return Table(headings, rows, labels=frozenset({"state"}))

    def _remarks(self) -> list[str]:
        told = [] if self.logged else [f"Nothing was logged of {self.model} in this time."]
        if self.unknown_labels:
            told.append(f"{self.unknown_labels:,} labels wait for predictions of their ids.")
        return [*told, *self.warnings]


def monitor(
    context: Context,
    reference: str,
    *,
    since: str | datetime = "",
    window: str = "1d",
    root: str | Path | None = None,
    now: datetime | None = None,
    detectors: Sequence[str] = (),
    memory: str = MEMORY,
    threads: int = 0,
) -> MonitorReport:
    """Judge what was logged of a model.

    Parameters
    ----------
    context : Context
    reference : str
        ``churn``: every version and stage; ``churn#prod``, ``churn@7``: that one only.
    since : str or datetime
        ``7d``, a date, or all there is if empty.
    window : str
        ``15m``, ``1h``, ``1d``, ``1w``.
    root : str or Path, optional
        Folder or URL of the log; the registry's own by default.
    now : datetime, optional
        Aware; the present by default: the end of what is looked at.
    detectors : sequence of str
        Of anomalies; all by default.
    memory, threads : str, int
        What DuckDB may use.

    Raises
    ------
    NotFound, InvalidReference, InvalidValue
        If the model, the reference, the time or the window make no sense.
    ExtraMissing
        If a library is missing.
    """
    parsed = refs.parse(reference)
    model = context.require_model(parsed.model)
    moment = now or datetime.now(UTC)
    end, width = windows.microseconds(moment), windows.duration(window)
    begin = windows.instant(since, moment) if since else None
    context.index.refresh()
    chosen = Chosen.of(context, parsed)
    judged = Judged()
    with open_log(
        root or default_root(context.location), model,
        since=begin, until=end, memory=memory, threads=threads or os.cpu_count() or 1,
    ) as log:  # fmt: skip
        logged = tuple(one for one in log.contents() if chosen.has(one.version, one.stage))
        for version, commit in dict.fromkeys((one.version, one.commit) for one in logged):
            judged.add(context, log, version, commit, width)
        traffic = series.traffic(log, width, serving(context, model, begin), end)
        unknown = log.unknown_labels()
        warnings = (*log.warnings, *judged.warnings)
    findings = tuple(f for f in judged.findings if chosen.has(f.version, f.stage))
    measured = tuple(q for q in judged.quality if chosen.has(q.version, q.stage))
    seen = [s for s in traffic if chosen.has(s.version, s.stage)] + series.of_quality(measured)
    every = (*seen, *series.of_drift(findings))
    complete = windows.start_of(end, width)
    return MonitorReport(
        model,
        width,
        logged,
        findings,
        measured,
        every,
        tuple(anomalies.anomalies(seen, detectors)),
        tuple(
            one
            for one in check(context, model, alerts.listed(context, model).alerts, every, complete)
            if chosen.has(one.outcome.version, one.outcome.stage)
        ),
        unknown,
        warnings,
    )


def _cell(finding: Finding | None) -> str:
    if finding is None:
        return ""
    return f"{display.number(finding.value)}{' !' if finding.drifted else ''}"
