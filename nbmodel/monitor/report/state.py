"""The state of monitoring, as a text that changes when there is something new to report."""

from __future__ import annotations

from pathlib import Path

from nbmodel.monitor.alerts.store import ALERTS_REF
from nbmodel.monitor.prediction_log.fingerprint import fingerprint, list_parts
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.versioning.context import Context


def monitoring_state(context: Context, model: str, root: str | Path = "") -> str:
    """Return a text that changes when rows, labels or alerts of a model are added or removed.

    Front ends compare it with `MonitorReport.state` to decide whether to request a new report.
    """
    alerts = context.git.resolve(ALERTS_REF) or ""
    return f"{fingerprint(list_parts(root or log_root(context), model))}-{alerts[:12]}"
