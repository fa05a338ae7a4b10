"""Reports as faces ask for them: again and again, and often the same one twice at once."""

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

MAX_CACHED_REPORTS = 4  # reports that are kept

_reports: SingleFlightCache[MonitorReport] = SingleFlightCache(MAX_CACHED_REPORTS)
_windows: SingleFlightCache[str] = SingleFlightCache(4 * MAX_CACHED_REPORTS)  # that fit


def cached_report(
    context: Context, ref: str, since: str, until: str, window: str, max_windows: int, now: datetime
) -> MonitorReport:
    """What `nbmodel.monitor.report.report.make_report` says.

    Rules are judged in windows of a day, as a server judges them, whatever is drawn.
    It is made anew when rows, labels, alerts, stages or versions change, or a window ends.

    Parameters
    ----------
    context : Context
    ref, since, until : str
    window : str
        One that fits what was logged, if empty.
    max_windows : int
        Windows that are looked at.
    now : datetime
        Aware; what counts as the present.

    Raises
    ------
    NbModelError
        Whatever the report raises.
    """
    state = context.index.state()
    model = context.require_model(refs.parse(ref).model)
    place = log_root(context)
    moment = windows.microseconds(now)
    logged = context.location.key, str(place), state, monitoring_state(context, model, place)
    asked = ref, since, until
    # A span such as 7d moves on with the present.
    hour = windows.window_start(moment, windows.UNITS["h"])
    window = window or _windows.get(
        (*logged, *asked, hour),
        lambda: fitting_window(context, ref, since=since, until=until, root=place, now=now),
    )
    ends = [
        windows.window_start(moment, windows.parse_duration(each))
        for each in (window, windows.RULES_WINDOW)
    ]
    return _reports.get(
        (*logged, *asked, window, max_windows, *ends),
        lambda: make_report(
            context,
            ref,
            since=since,
            until=until,
            window=window,
            rules_window=windows.RULES_WINDOW,
            root=place,
            now=now,
            max_windows=max_windows,
        ),
    )
