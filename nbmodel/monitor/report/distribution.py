"""One column then and now: in a version's training data, and in one window of the log."""

# ruff: noqa: S608  names and texts go through `text` of sql.py, the rest is ours

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.display import visible
from nbmodel.errors import InvalidValue, NotFound
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
from nbmodel.monitor.report.evaluation import version_references
from nbmodel.versioning.context import Context


@dataclass(frozen=True, slots=True)
class Distribution:
    """A column of a version in its training data, or its first window, and in one window.

    Attributes
    ----------
    version, stage : str
    start : int
        Of the window, microseconds since the epoch.
    reference : Reference
        Then.
    rows, missing : int
        Now.
    counts : tuple of float
        Now, as those of the reference.
    """

    version: str
    stage: str
    start: int
    reference: ColumnReference
    rows: int
    missing: int
    counts: tuple[float, ...]


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
    """Count one column in one window, beside what it was.

    Parameters
    ----------
    context : Context
    version, stage : str
        As the log has them; an empty stage for rows of none.
    column : str
        Of the inputs by its name, of the outputs as ``out.predict``.
    window : str
        Its length.
    time : int
        Any time in it, microseconds since the epoch; the last window that has rows if 0.
    root : str or Path, optional
        Folder or URL of the log; the registry's own by default.
    now : datetime, optional
        Aware; what counts as the present.

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
    place, width = root or log_root(context), windows.parse_duration(window)
    end = windows.microseconds(now or datetime.now(UTC))
    last = time or _last_row(place, model, version, stage, end)
    start = windows.window_start(last, width)
    with open_log(place, model, since=start, until=min(start + width, end)) as log:
        commit, rows = _logged(log, version, stage)
        reference = _reference(context, place, model, version, commit, column, width)
        counted = count_columns(log, version, [reference], width)
        present = [found for found in counted if found.stage == stage]
        now_ = present[0] if present else WindowCounts(reference, start, stage, rows, rows, ())
    empty = (0.0,) * len(reference.counts)
    return Distribution(
        version, stage, start, reference, now_.rows, now_.missing, now_.counts or empty
    )


def _logged(log: LogReader, version: str, stage: str) -> tuple[str, int]:
    """Commit and rows of a version in the time that is looked at."""
    found = log.rows(
        "SELECT coalesce(max(commit), ''), count(*) FROM predictions "
        f"WHERE version = {literal(version)} AND stage = {literal(stage)}"
    )
    return str(found[0][0]), int(found[0][1])


def _reference(
    context: Context, place: str | Path, model: str, version: str, commit: str, column: str,
    width: int,
) -> ColumnReference:  # fmt: skip
    known = version_references(context, model, version, commit).inputs
    if column.startswith(OUTPUT_PREFIX):
        known = [*known, *output_references(place, model, version, width)]
    # Faces know it by the name that they were told: without control characters.
    chosen = [reference for reference in known if visible(reference.name) == visible(column)]
    if not chosen:
        names = [visible(reference.name) for reference in known]
        raise NotFound("described column", visible(column[:200]), version, names)
    if not chosen[0].counts:
        raise InvalidValue(
            f"Of {column!r} only the missing values were recorded, in {version}.",
            "Look at its share of missing values: the drift of missing.",
        )
    return chosen[0]


def _last_row(place: str | Path, model: str, version: str, stage: str, end: int) -> int:
    """When the last row of a version in a stage was logged; days are read from the newest on."""
    dates = sorted({parts.date_of(p.path) for p in list_parts(place, model, parts.PREDICTIONS)})
    some = 1
    while some // 4 < len(dates):
        first = dates[-some] if some < len(dates) else ""
        since = windows.parse_time(first, windows.EPOCH) if first else None
        with open_log(place, model, since=since, until=end) as log:
            found = log.rows(
                "SELECT epoch_us(max(time)) FROM predictions "
                f"WHERE version = {literal(version)} AND stage = {literal(stage)}"
            )
        if found[0][0] is not None:
            return int(found[0][0])
        some *= 4
    where = f"{version} in {stage}" if stage else version
    raise NotFound("logged row of", where, f"the log of {model}")
