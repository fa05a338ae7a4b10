"""Monitoring: the log of a model's predictions, and what it shows.

Public functions and classes, each imported at its first use:

=======================  ============================================================
`log`, `label`           log the rows and the labels of a batch job
`PredictionLog`          the log of a server, which takes an `Entry` for each request
`LogSettings`            sampling, redaction and retention of a log
`monitor`                drift, quality, anomalies and alerts in one report
`distribution`           one column in the training data and in one window
`allow`                  permit a recipient that another user configured
=======================  ============================================================

Where to find what; each folder imports only from the folders above it:

=======================  ============================================================
`common`                 windows of time, SQL, Arrow arrays, optional libraries
`prediction_log`         the log itself: writing, reading, retention
`drift`                  references, counts and measures. PSI is computed in
                         ``drift/measures.py: psi``, its threshold stands in
                         ``drift/detection.py: DRIFT_MEASURES``
`quality`                metrics of labeled rows. A label joins its prediction by id,
                         in ``quality/labeled.py: labeled_rows``
`anomalies`              unusual windows. To add a detector, write a file in
                         ``anomalies/detectors/`` and a row in
                         ``anomalies/detection.py: ANOMALY_DETECTORS``
`alerts`                 rules, their evaluation, notifications
`report`                 everything above in one result; the health of each stage
`exporters`              Prometheus, InfluxDB, Grafana: one system a file
`api`                    `monitor`, as a notebook calls it
=======================  ============================================================
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmodel.monitor.alerts.notify import allow
    from nbmodel.monitor.api import distribution, monitor
    from nbmodel.monitor.prediction_log.batch import label, log
    from nbmodel.monitor.prediction_log.entries import Entry
    from nbmodel.monitor.prediction_log.settings import LogSettings
    from nbmodel.monitor.prediction_log.writer import PredictionLog

_LAZY = {
    "Entry": "prediction_log.entries",
    "LogSettings": "prediction_log.settings",
    "PredictionLog": "prediction_log.writer",
    "allow": "alerts.notify",
    "distribution": "api",
    "label": "prediction_log.batch",
    "log": "prediction_log.batch",
    "monitor": "api",
}

__all__ = [
    "Entry", "LogSettings", "PredictionLog", "allow", "distribution", "label", "log", "monitor",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'nbmodel.monitor' has no attribute {name!r}")
    value = getattr(import_module(f"nbmodel.monitor.{_LAZY[name]}"), name)
    globals()[name] = value
    return value
