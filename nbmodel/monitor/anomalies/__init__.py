"""Anomalies: windows whose traffic or quality is unusual for their series.

===============  ====================================================================
`detection`      `ANOMALY_DETECTORS`, the table of detectors; runs them over series
`detectors`      one detector a file, each with a function `find`
===============  ====================================================================

A new detector is a file in `detectors` and a row in `ANOMALY_DETECTORS`.
"""
