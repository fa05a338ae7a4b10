"""From what was measured to the evidence of a verdict: for health, and for reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS, DriftFinding
from nbmodel.monitor.prediction_log.log_views import SkippedPart, skipped_text
from nbmodel.monitor.quality.metrics import MetricValue
from nbmodel.monitor.quality.timeseries import VOLUME, Series
from nbmodel.monitor.report.drift_runs import drifted_columns, run_starts
from nbmodel.monitor.report.quality_change import quality_change
from nbmodel.monitor.report.verdict import Evidence

Drift = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured of all versions of a model.

    Attributes
    ----------
    width : int
        Width of the windows, microseconds.
    begin, end : int
        The time that was read.
    series : sequence of Series
        Traffic at least.
    statuses : sequence of AlertStatus
    quality : sequence of MetricValue
    main_metric : str
    baselines : mapping of str to mapping
        The metrics that were committed, by version.
    problems : mapping of str to str
        Why the drift of a version is not measured.
    unreadable : sequence of SkippedPart
        Parts of the log that were skipped.
    live : mapping of (version, stage) to int
        Since when a version holds a stage, microseconds since the epoch.
    """

    width: int
    begin: int
    end: int
    series: Sequence[Series]
    statuses: Sequence[AlertStatus] = ()
    quality: Sequence[MetricValue] = ()
    main_metric: str = ""
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    unreadable: Sequence[SkippedPart] = ()
    live: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def window(self, version: str, stage: str) -> tuple[int | None, int]:
        """Return the window that decides about a version in a stage, and its rows.

        It is the last complete window with enough rows, else the present one. Without either, it
        is None, and the rows are those since `begin`.
        """
        counts: dict[int, float] = {}
        for item in self.series:
            if (item.metric, item.version, item.stage) == (VOLUME, version, stage):
                counts.update(zip(item.times, item.values, strict=True))
        counts = {start: rows for start, rows in counts.items() if start + self.width > self.begin}
        complete = windows.window_start(self.end, self.width)
        with_rows = [start for start, rows in counts.items() if rows >= MIN_WINDOW_ROWS]
        start = max([time for time in with_rows if time < complete] or with_rows, default=None)
        return start, int(counts[start] if start is not None else sum(counts.values()))

    def evidence(
        self, version: str, stage: str, drift: Drift = (), last: int | None = None
    ) -> Evidence:
        """Return the evidence about a version in a stage.

        Parameters
        ----------
        version, stage : str
        drift : tuple of (str, int)
            Columns that drifted in the window that decides, and since when.
        last : int, optional
            Time of the last row since the version holds the stage, if it is before `begin`.
        """
        start, rows = self.window(version, stage)
        key = (version, stage)
        measured = [
            item
            for item in self.quality
            if (item.version, item.stage) == key and item.start + self.width > self.begin
        ]
        return Evidence(
            version=version,
            stage=stage,
            width=self.width,
            begin=self.begin,
            end=self.end,
            start=start,
            rows=rows,
            drift=drift,
            alerts=tuple(s for s in self.statuses if (s.outcome.version, s.outcome.stage) == key),
            quality=quality_change(
                measured,
                self.baselines.get(version, {}),
                windows.window_start(self.end, self.width),
                self.main_metric,
            ),
            problem=self.problems.get(version, ""),
            unreadable=skipped_text(self.unreadable),
            live=self.live.get(key),
            last=last,
        )


def drift_since(findings: Iterable[DriftFinding], start: int | None) -> Drift:
    """Return the columns that drifted in a window, the worst first, each with its first window.

    Parameters
    ----------
    findings : iterable of DriftFinding
        Of one version in one stage, in windows up to this one.
    start : int or None
        Start of the window; without one, no column drifted.
    """
    if start is None:
        return ()
    past_findings = [finding for finding in findings if finding.start <= start]
    columns = drifted_columns(finding for finding in past_findings if finding.start == start)
    starts = run_starts(past_findings, columns)
    return tuple((column, starts.get(column, start)) for column in columns)
