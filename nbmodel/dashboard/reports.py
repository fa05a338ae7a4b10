"""The last report of each monitored model, for a static page.

A page may have many reports, and its readers open few. So each report is a separate block, which
the page decompresses when it is shown. The size of a report is limited.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbmodel import refs
from nbmodel.dashboard.packing import packed_text
from nbmodel.display import visible
from nbmodel.errors import NbModelError

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

Json = dict[str, Any]

MAX_REPORT_BYTES = 500_000  # of the block of one report
MAX_REPORTS_BYTES = 8_000_000  # of all blocks in a page
MAX_DIGITS = 6  # significant digits of a value
# Length of the windows and points of drift, tried in turn until a report fits. An empty length
# means one that fits the log.
SIZES = (("", 60_000), ("", 10_000), ("1w", 10_000), ("4w", 2_000))
BLOCK_ID = "nbmodel-report-{}"


@dataclass(frozen=True, slots=True)
class ReportBlocks:
    """The reports of a page.

    Attributes
    ----------
    entries : dict
        By model: when the report was made, in seconds since the epoch, why there is none, and the
        id of its block.
    blocks : dict of str to str
        The packed reports by id.
    """

    entries: dict[str, Json] = field(default_factory=dict)
    blocks: dict[str, str] = field(default_factory=dict)

    def add(self, registry: Registry, model: str) -> None:
        """Add the report of a model, if it is monitored."""
        timestamp, problem, text = int(time.time()), "", ""
        try:
            if not _is_monitored(registry, model):
                return
            remaining_bytes = MAX_REPORTS_BYTES - sum(map(len, self.blocks.values()))
            text = _report(registry, model) if remaining_bytes > 0 else ""
            if not text or len(text) > remaining_bytes:
                problem = _too_large(MAX_REPORT_BYTES if remaining_bytes > MAX_REPORT_BYTES else 0)
        except NbModelError as error:
            problem = visible(error)
        block = "" if problem else BLOCK_ID.format(len(self.blocks))
        if block:
            self.blocks[block] = text
        self.entries[model] = {"made": timestamp, "problem": problem, "block": block}


def monitor_reports(
    registry: Registry, models: Iterable[str], tell: Callable[[int, int], None]
) -> ReportBlocks:
    """Make the reports of monitored models, the most important model first.

    Parameters
    ----------
    registry : Registry
    models : iterable of str
    tell : callable
        Called with the models that are done, and with all.
    """
    reports, names = ReportBlocks(), list(models)
    for count, model in enumerate(names, 1):
        reports.add(registry, model)
        tell(count, len(names))
    return reports


def _is_monitored(registry: Registry, model: str) -> bool:
    """Return whether a model has a log or an alert."""
    from nbmodel.monitor.alerts import store
    from nbmodel.monitor.prediction_log.fingerprint import list_parts
    from nbmodel.monitor.prediction_log.settings import log_root

    refs.check_name("model", model)
    context = registry.context
    return bool(list_parts(log_root(context), model) or store.list_alerts(context, model).alerts)


def _report(registry: Registry, model: str) -> str:
    """Return the block of a report that fits; empty if none does."""
    from nbmodel.views.monitor_report import report_answer
    from nbmodel.views.monitoring import panel_report
    from nbmodel.views.timeline import alert_history

    alerts = alert_history(registry, model=model)
    for window, points in SIZES:
        report = panel_report(registry.context, model, "", "", window)
        answer = report_answer(registry.context, report, model, max_drift_points=points)
        text = packed_text({"report": _shortened(answer), "alerts": alerts})
        if len(text) <= MAX_REPORT_BYTES:
            return text
    return ""


def _shortened(answer: Json) -> Json:
    """Return the answer with fewer digits, which are most of its compressed size."""
    series = [{**each, "values": [*map(_short, each["values"])]} for each in answer["timeSeries"]]
    drift = [{**each, "values": [*map(_short, each["values"])]} for each in answer["drift"]]
    return {**answer, "timeSeries": series, "drift": drift}


def _short(value: float | str) -> float | str:
    if isinstance(value, str) or not math.isfinite(value) or value == int(value):
        return value
    return float(f"{value:.{MAX_DIGITS}g}")


def _too_large(limit: int) -> str:
    size_text = f"a report of at most {limit / 1e6:g} MB" if limit else (
        f"at most {MAX_REPORTS_BYTES / 1e6:g} MB of reports"
    )  # fmt: skip
    return f"This page leaves out the report: it holds {size_text}. Open the registry to see it."
