"""Anomaly detectors, one a file: a function ``find`` that takes the values of a series.

==================  =================================================================
`base`              `Detection`, and the statistics that detectors share
`isolation_forest`  points that few random cuts isolate
`som`               points far from the usual states of a self-organizing map
`ewma`              an EWMA control chart: small lasting shifts of the mean
`adwin`             ADWIN: a mean that differs between two parts of a window
`page_hinkley`      the Page-Hinkley test: deviations from the mean that add up
==================  =================================================================

The table of detectors is `nbmodel.monitor.anomalies.detection.ANOMALY_DETECTORS`.
"""
