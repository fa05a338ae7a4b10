"""Anomaly detectors, one file each; `nbmodel.monitor.anomalies.detection` has the table."""
