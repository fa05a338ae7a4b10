"""Anomaly detectors, one file each; `nbmodel.monitor.anomalies` has the table."""
