"""`nbmodel.monitor.monitor` and `distribution`, as a notebook calls them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from nbmodel import refs
from nbmodel.errors import InvalidValue
from nbmodel.monitor.common import windows
from nbmodel.monitor.report import distribution as distributions
from nbmodel.monitor.report import report
from nbmodel.monitor.report.distribution import Distribution
from nbmodel.monitor.report.result import MonitorReport
from nbmodel.versioning.context import Context
from nbmodel.versioning.registry import configured_registry
from nbmodel.versioning.resolve import resolve


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
        ``churn``: all versions and stages; ``churn@prod``, ``churn@7``: only that one.
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

    Examples
    --------
    >>> from datetime import datetime
    >>> for day in (1, 2, 3):
    ...     when = datetime(2026, 3, day)
    ...     logged = nbmodel.monitor.log("iris@prod", X, clf.predict(X), y, when)
    >>> report = nbmodel.monitor.monitor("iris@prod", until="2026-03-04", window="1d")
    >>> [len(series) for series in report.series if series.metric == "accuracy"]
    [3]
    >>> report.drifted, report.failed
    ((), False)
    """
    with ExitStack() as stack:
        opened = context or stack.enter_context(configured_registry()).context
        return report.make_report(opened, ref, since=since, until=until, window=window, root=root)


def distribution(
    ref: str,
    column: str,
    *,
    window: str = "1d",
    time: str | datetime = "",
    context: Context | None = None,
    root: str | Path | None = None,
) -> Distribution:
    """Count one column in the training data of a version and in one window of the log.

    Parameters
    ----------
    ref : str
        ``churn@prod``: the version that holds the stage; ``churn@7``: its rows without a stage.
    column : str
        Name of an input; an output has the prefix ``out.``, such as ``out.predict``.
    window : str
        Length of the window: ``15m``, ``1h``, ``1d``, ``1w``.
    time : str or datetime
        A time in the window: an age such as ``7d``, or a date; the last window with rows if empty.
    context : Context, optional
        An open registry; by default the one of the working folder.
    root : str or Path, optional
        Folder or URL of the log; by default the registry's own.

    Returns
    -------
    Distribution
        Its `figure` draws both as bars.

    Raises
    ------
    NotFound, InvalidReference, InvalidValue
        If there is no such version, column, window or time, or the window has no rows.
    ExtraMissing
        If a library is missing.

    Examples
    --------
    >>> logged = nbmodel.monitor.log("iris@prod", X, clf.predict(X))
    >>> column = nbmodel.monitor.distribution("iris@prod", "petal_width")
    >>> column.rows, column.counts == column.reference.counts
    (150, True)
    """
    now = datetime.now(UTC)
    with ExitStack() as stack:
        opened = context or stack.enter_context(configured_registry()).context
        parsed = refs.parse(ref)
        result = distributions.distribution(
            opened,
            resolve(opened, parsed).ref,
            parsed.value if parsed.kind == "stage" else "",
            column,
            window=window,
            time=windows.parse_time(time, now) if time else 0,
            root=root,
            now=now,
        )
    if not result.rows:
        width = windows.parse_duration(window)
        first, last = (
            windows.window_label(time_, width) for time_ in (result.start, result.start + width)
        )
        raise InvalidValue(
            f"The period from {first} to {last} is empty: it has no predictions of {ref}.",
            "Pass another time, or none for the last window with rows.",
        )
    return result
