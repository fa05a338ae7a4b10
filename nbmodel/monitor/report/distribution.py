"""The distribution of one column: in the reference, and in one window of the log."""

# ruff: noqa: S608  names and texts are quoted by sql.py; everything else is our own

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.display import Result, Table, visible
from nbmodel.errors import InvalidValue, NotFound
from nbmodel.figures.charted import Charted, Charts
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.sql import literal
from nbmodel.monitor.drift.counts import WindowCounts, count_columns
from nbmodel.monitor.drift.outputs import output_references
from nbmodel.monitor.drift.references import ColumnReference
from nbmodel.monitor.prediction_log import parts
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.prediction_log.fingerprint import list_parts
from nbmodel.monitor.prediction_log.reader import LogReader, open_log
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.report.drift_figures import bin_names, distribution_figure, shares
from nbmodel.monitor.report.evaluation import version_references
from nbmodel.versioning.context import Context


@dataclass(frozen=True, repr=False, kw_only=True)
class Distribution(Charted, Result):
    """A column of a version in the reference (training data or first window) and in one window.

    Attributes
    ----------
    version, stage : str
    start : int
        Start of the window, microseconds since the epoch.
    reference : ColumnReference
    rows, missing : int
        In the window.
    counts : tuple of float
        In the window, in the same bins as the counts of the reference.
    """

    version: str
    stage: str
    start: int
    reference: ColumnReference
    rows: int
    missing: int
    counts: tuple[float, ...]

    def charts(self) -> Charts:
        """Return one chart, ``distribution``."""
        return {"distribution": lambda: distribution_figure(self)}

    def text(self) -> str:
        """Return a table of the shares, for the reference and for the window."""
        reference = self.reference
        pairs = zip(shares(reference.counts), shares(self.counts), strict=True)
        rows = [
            (name, f"{then:.1%}", f"{now:.1%}")
            for name, (then, now) in zip(bin_names(reference), pairs, strict=True)
        ]
        headings = (visible(reference.name), "reference", "current")
        return Table(headings, rows, numeric=frozenset(headings[1:])).text()


def distribution(
    context: Context,
    version: str,
    stage: str,
    column: str,
    *,
    window: str = "1d",
    time: int = 0,
    root: str | Path | None = None,
    now: datetime | None = None,
) -> Distribution:
    """Count one column in one window.

    Parameters
    ----------
    context : Context
    version, stage : str
        As in the log; an empty stage for rows without one.
    column : str
        Name of an input; an output has the prefix ``out.``, such as ``out.predict``.
    window : str
        Length of the window.
    time : int
        Any time in the window, microseconds since the epoch; 0 for the last window with rows.
    root : str or Path, optional
        Folder or URL of the log; by default the registry's own.
    now : datetime, optional
        An aware datetime that stands for the present.

    Raises
    ------
    NotFound, InvalidReference, InvalidName, InvalidValue
        If there is no such version, column or window.
    ExtraMissing
        If a library is missing.
    """
    model = context.require_model(refs.parse(version).model)
    if stage:
        refs.check_name("stage", stage)
    storage_root, width = root or log_root(context), windows.parse_duration(window)
    end = windows.microseconds(now or datetime.now(UTC))
    last = time or _last_row(storage_root, model, version, stage, end)
    start = windows.window_start(last, width)
    with open_log(storage_root, model, since=start, until=min(start + width, end)) as log:
        commit, rows = _logged(log, version, stage)
        reference = _reference(context, storage_root, model, version, commit, column, width)
        counts = count_columns(log, version, [reference], width)
        stage_counts = [item for item in counts if item.stage == stage]
        current = (
            stage_counts[0]
            if stage_counts
            else WindowCounts(
                reference=reference, start=start, stage=stage, rows=rows, missing=rows, counts=()
            )
        )
    empty = (0.0,) * len(reference.counts)
    return Distribution(
        version=version,
        stage=stage,
        start=start,
        reference=reference,
        rows=current.rows,
        missing=current.missing,
        counts=current.counts or empty,
    )


def _logged(log: LogReader, version: str, stage: str) -> tuple[str, int]:
    """Return commit and number of rows of a version in the log."""
    rows = log.rows(
        "SELECT coalesce(max(commit), ''), count(*) FROM predictions "
        f"WHERE version = {literal(version)} AND stage = {literal(stage)}"
    )
    return str(rows[0][0]), int(rows[0][1])


def _reference(
    context: Context, root: str | Path, model: str, version: str, commit: str, column: str,
    width: int,
) -> ColumnReference:  # fmt: skip
    references = version_references(context, model, version, commit).inputs
    if column.startswith(OUTPUT_PREFIX):
        references = [*references, *output_references(root, model, version, width)]
    # A front end knows the name without its control characters.
    matches = [reference for reference in references if visible(reference.name) == visible(column)]
    if not matches:
        names = [visible(reference.name) for reference in references]
        raise NotFound("described column", visible(column[:200]), version, names)
    if not matches[0].counts:
        raise InvalidValue(
            f"The profile of {version} records only the share of missing values for {column!r}.",
            "Use the measure missing, the share of missing values.",
        )
    return matches[0]


def _last_row(root: str | Path, model: str, version: str, stage: str, end: int) -> int:
    """Return when the last row of a version was logged; days are read from the newest on."""
    dates = sorted({parts.date_of(p.path) for p in list_parts(root, model, parts.PREDICTIONS)})
    days = 1
    while days // 4 < len(dates):
        first = dates[-days] if days < len(dates) else ""
        since = windows.parse_time(first, windows.EPOCH) if first else None
        with open_log(root, model, since=since, until=end) as log:
            rows = log.rows(
                "SELECT epoch_us(max(time)) FROM predictions "
                f"WHERE version = {literal(version)} AND stage = {literal(stage)}"
            )
        if rows[0][0] is not None:
            return int(rows[0][0])
        days *= 4
    where = f"{version} in {stage}" if stage else version
    raise NotFound("logged row of", where, f"the log of {model}")
