"""The recent traffic of each stage: rows a day, and the time of the last request."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.cache import SingleFlightCache
from nbmodel.monitor.prediction_log.fingerprint import list_parts
from nbmodel.monitor.prediction_log.log_views import skipped_text
from nbmodel.monitor.prediction_log.reader import WINDOW_COLUMNS, open_log
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.report.state import monitoring_state
from nbmodel.versioning.context import Context

DAYS = 14  # days to count, including today


@dataclass(frozen=True, slots=True)
class StageTraffic:
    """The logged rows of one stage, whichever version answered.

    Attributes
    ----------
    stage : str
    rows : tuple of int
        Rows of each of the last `DAYS` days in UTC, the oldest first.
    last : int
        Time of the last row in these days, microseconds since the epoch.
    """

    stage: str
    rows: tuple[int, ...]
    last: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """The traffic of a model.

    Attributes
    ----------
    stages : tuple of StageTraffic
        With rows in the last `DAYS` days.
    unreadable : str
        Which parts of the log cannot be read, and what to do; empty if all can.
    """

    stages: tuple[StageTraffic, ...] = ()
    unreadable: str = ""


_results: SingleFlightCache[Traffic] = SingleFlightCache(256)


def stage_traffic(
    context: Context,
    model: str,
    *,
    root: str | Path | None = None,
    now: datetime | None = None,
) -> Traffic:
    """Return the traffic of each stage with rows in the last `DAYS` days.

    Parameters
    ----------
    context : Context
    model : str
    root : str or Path, optional
        Folder or URL of the log; by default the registry's own.
    now : datetime, optional
        An aware datetime that stands for the present.

    Raises
    ------
    NotFound, InvalidName, InvalidValue
        If the model is not valid, or its log cannot be read.
    ExtraMissing
        If a library is missing.
    """
    storage_root = str(root or log_root(context))
    end = windows.microseconds(now or datetime.now(UTC))
    context.require_model(refs.check_name("model", model))
    if not list_parts(storage_root, model):
        return Traffic()
    today = windows.window_start(end, windows.UNITS["d"])
    state = monitoring_state(context, model, storage_root)
    key = (context.location.key, storage_root, model, today, state)
    return _results.get(key, lambda: _count(storage_root, model, today))


def _count(storage_root: str, model: str, today: int) -> Traffic:
    day = windows.UNITS["d"]
    begin = today - (DAYS - 1) * day
    rows: dict[str, list[int]] = defaultdict(lambda: [0] * DAYS)
    last: dict[str, int] = defaultdict(int)
    with open_log(
        storage_root, model, since=begin, until=today + day, only=WINDOW_COLUMNS, labels=False
    ) as log:
        for window in log.windows(day):
            rows[window.stage][(window.start - begin) // day] += window.rows
            last[window.stage] = max(last[window.stage], window.last)
        skipped = log.skipped
    stages = (StageTraffic(stage, tuple(rows[stage]), last[stage]) for stage in sorted(rows))
    return Traffic(tuple(stages), skipped_text(skipped))
