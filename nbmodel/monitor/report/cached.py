"""Reports as faces ask for them: again and again, and often the same one twice at once."""

from __future__ import annotations

from datetime import datetime

from nbmodel import refs
from nbmodel.monitor.common import windows
from nbmodel.monitor.common.cache import Kept
from nbmodel.monitor.prediction_log.settings import root_of
from nbmodel.monitor.report.report import fitting_window, monitor
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.monitor.report.state import state_of
from nbmodel.versioning.context import Context

MOST = 4  # reports that are kept

_kept: Kept[MonitorReport] = Kept(MOST)
_windows: Kept[str] = Kept(4 * MOST)  # that fit


def look(
    context: Context, ref: str, since: str, until: str, window: str, most: int, now: datetime
) -> MonitorReport:
    """What `nbmodel.monitor.report.report.monitor` says.

    Rules are judged in windows of a day, as a server judges them, whatever is drawn.
    It is made anew when rows, labels, alerts, stages or versions change, or a window ends.

    Parameters
    ----------
    context : Context
    ref, since, until : str
    window : str
        One that fits what was logged, if empty.
    most : int
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
    place = root_of(context)
    moment = windows.microseconds(now)
    logged = context.location.key, str(place), state, state_of(context, model, place)
    asked = ref, since, until
    # A span such as 7d moves on with the present.
    hour = windows.start_of(moment, windows.UNITS["h"])
    window = window or _windows.get(
        (*logged, *asked, hour),
        lambda: fitting_window(context, ref, since=since, until=until, root=place, now=now),
    )
    ends = [windows.start_of(moment, windows.duration(each)) for each in (window, windows.RULES)]
    return _kept.get(
        (*logged, *asked, window, most, *ends),
        lambda: monitor(
            context,
            ref,
            since=since,
            until=until,
            window=window,
            rules_window=windows.RULES,
            root=place,
            now=now,
            most=most,
        ),
    )
