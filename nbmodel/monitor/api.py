"""`nbmodel.monitor.monitor`: the report, as a notebook asks for it."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from nbmodel.monitor.report import report
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.versioning.context import Context
from nbmodel.versioning.registry import configured_registry


def monitor(
    ref: str,
    since: str | datetime = "",
    until: str | datetime = "",
    window: str = "",
    *,
    context: Context | None = None,
    root: str | Path | None = None,
) -> MonitorReport:
    """Judge what was logged of a model: drift, quality, anomalies, alerts.

    Parameters
    ----------
    ref : str
        ``churn``: every version and stage; ``churn#prod``, ``churn@7``: that one only.
    since, until : str or datetime
        ``7d``, or a date; all there is if empty.
    window : str
        Length of the windows: ``15m``, ``1h``, ``1d``, ``1w``; one that fits the log if empty.
    context : Context, optional
        An opened registry; else that of the working folder.
    root : str or Path, optional
        Folder or URL of the log; the registry's own by default.

    Raises
    ------
    NotFound, InvalidReference, InvalidValue
        If the model, the reference, the time or the window make no sense.
    ExtraMissing
        If a library is missing.
    """
    with ExitStack() as stack:
        opened = context or stack.enter_context(configured_registry()).context
        return report.make_report(opened, ref, since=since, until=until, window=window, root=root)
