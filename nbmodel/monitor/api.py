"""`nbmodel.monitor.monitor`: the report, as a notebook calls it."""

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
    """Report drift, quality, anomalies and alerts of a model, from the log of its predictions.

    Parameters
    ----------
    ref : str
        ``churn``: all versions and stages; ``churn#prod``, ``churn@7``: only that one.
    since, until : str or datetime
        An age such as ``7d``, or a date; the whole log if empty.
    window : str
        Length of the windows: ``15m``, ``1h``, ``1d``, ``1w``; by default one that fits the log.
    context : Context, optional
        An open registry; by default the one of the working folder.
    root : str or Path, optional
        Folder or URL of the log; by default the registry's own.

    Returns
    -------
    MonitorReport
        Shown as tables; its attributes hold the records.

    Raises
    ------
    NotFound, InvalidReference, InvalidValue
        If the model, the reference, the time range or the window is not valid.
    ExtraMissing
        If a library is missing.
    """
    with ExitStack() as stack:
        opened = context or stack.enter_context(configured_registry()).context
        return report.make_report(opened, ref, since=since, until=until, window=window, root=root)
