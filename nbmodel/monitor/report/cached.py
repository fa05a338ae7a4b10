"""A cached report, for front ends that request the same one repeatedly or twice at once."""

from __future__ import annotations

from datetime import datetime

from nbmodel import refs
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.cache import SingleFlightCache
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.monitor.report.report import fitting_window, make_report
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.monitor.report.state import monitoring_state
from nbmodel.versioning.context import Context

MAX_CACHED_REPORTS = 4  # each takes some MB

_reports: SingleFlightCache[MonitorReport] = SingleFlightCache(MAX_CACHED_REPORTS)
_lengths: SingleFlightCache[str] = SingleFlightCache(
    4 * MAX_CACHED_REPORTS
)  # of windows that fit a log


def cached_report(
    context: Context, ref: str, since: str, until: str, window: str, max_windows: int, now: datetime
) -> MonitorReport:
    """Return the report of `nbmodel.monitor.report.report.make_report`, cached.

    Rules are evaluated in windows of a day, as in a server, for any length of the other windows.
    A new report is made if rows, labels, alerts, stages or versions change, or a window ends.

    Parameters
    ----------
    context : Context
    ref, since, until : str
    window : str
        Length of the windows; one that fits the log if empty.
    max_windows : int
    now : datetime
        An aware datetime that stands for the present.

    Returns
    -------
    MonitorReport

    Raises
    ------
    NbModelError
        Any error of `make_report`.
    """
    state = context.index.state()
    model = context.require_model(refs.parse(ref).model)
    root = log_root(context)
    time = windows.microseconds(now)
    logged = context.location.key, str(root), state, monitoring_state(context, model, root)
    query = ref, since, until
    # The result for an age such as 7d changes with the present, so it is valid for an hour.
    hour = windows.window_start(time, windows.UNITS["h"])
    window = window or _lengths.get(
        (*logged, *query, hour),
        lambda: fitting_window(context, ref, since=since, until=until, root=root, now=now),
    )
    ends = [
        windows.window_start(time, windows.parse_duration(length))
        for length in (window, windows.RULES_WINDOW)
    ]
    return _reports.get(
        (*logged, *query, window, max_windows, *ends),
        lambda: make_report(
            context,
            ref,
            since=since,
            until=until,
            window=window,
            rules_window=windows.RULES_WINDOW,
            root=root,
            now=now,
            max_windows=max_windows,
        ),
    )
