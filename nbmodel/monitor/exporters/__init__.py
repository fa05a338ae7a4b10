"""Exports for other monitoring systems: a model's alerts and series in their formats.

===============  ====================================================================
`base`           `Exporter`, the contract; `export`, which writes or sends a document
`prometheus`     alerting rules
`influxdb`       series as points in line protocol, sent to a server if asked
`grafana`        a dashboard over the metrics of ``nbmodel serve``
===============  ====================================================================

A new system is a file here with an `EXPORTER` (see `base`), and a row in `EXPORTERS`. Its library
is imported at its first use.
"""

from __future__ import annotations

from collections.abc import Mapping

EXPORTERS: Mapping[str, str] = {
    "prometheus": "nbmodel.monitor.exporters.prometheus",
    "influxdb": "nbmodel.monitor.exporters.influxdb",
    "grafana": "nbmodel.monitor.exporters.grafana",
}
