"""What is logged of a model and watched of it, as a text that changes with it."""

from __future__ import annotations

from pathlib import Path

from nbmodel.monitor.alerts.store import ALERTS_REF
from nbmodel.monitor.prediction_log.fingerprint import fingerprint, list_parts
from nbmodel.monitor.prediction_log.settings import log_root
from nbmodel.versioning.context import Context


def monitoring_state(context: Context, model: str, root: str | Path = "") -> str:
    """A text that changes when rows, labels or alerts of a model come or go."""
    alerts = context.git.resolve(ALERTS_REF) or ""
    return f"{fingerprint(list_parts(root or log_root(context), model))}-{alerts[:12]}"
