"""Watching: the log of predictions, and what it says of a model.

============================  =====================================================
`log`, `label`                rows and labels of batch jobs (`batch`)
`PredictionLog`, `Entry`      the log of a server (`prediction_log`, `entries`)
`LogSettings`                 sampling, redaction, retention (`settings`)
`monitor`                     drift, quality, anomalies, alerts in one result (`here`)
`allow`                       a webhook that somebody else set (`notify`)
============================  =====================================================

Nothing is imported before its first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmodel.monitor.alerts.notify import allow
    from nbmodel.monitor.api import monitor
    from nbmodel.monitor.prediction_log.batch import label, log
    from nbmodel.monitor.prediction_log.entries import Entry
    from nbmodel.monitor.prediction_log.settings import LogSettings
    from nbmodel.monitor.prediction_log.writer import PredictionLog

_LAZY = {
    "Entry": "prediction_log.entries",
    "LogSettings": "prediction_log.settings",
    "PredictionLog": "prediction_log.writer",
    "allow": "alerts.notify",
    "label": "prediction_log.batch",
    "log": "prediction_log.batch",
    "monitor": "api",
}

__all__ = ["Entry", "LogSettings", "PredictionLog", "allow", "label", "log", "monitor"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'nbmodel.monitor' has no attribute {name!r}")
    value = getattr(import_module(f"nbmodel.monitor.{_LAZY[name]}"), name)
    globals()[name] = value
    return value
