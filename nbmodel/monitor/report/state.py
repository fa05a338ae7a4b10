"""What is logged of a model and watched of it, as a text that changes with it."""

from __future__ import annotations

from pathlib import Path

from nbmodel.monitor.alerts.store import ALERTS_REF
from nbmodel.monitor.prediction_log.fingerprint import parts_of, stamp_of
from nbmodel.monitor.prediction_log.settings import root_of
from nbmodel.versioning.context import Context


def state_of(context: Context, model: str, root: str | Path = "") -> str:
    """A text that changes when rows, labels or alerts of a model come or go."""
    alerts = context.git.resolve(ALERTS_REF) or ""
    return f"{stamp_of(parts_of(root or root_of(context), model))}-{alerts[:12]}"
