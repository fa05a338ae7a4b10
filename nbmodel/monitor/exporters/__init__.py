"""Exports for other monitoring systems: a model's alerts and series in their formats.

===============  ====================================================================
`base`           `Exporter`, the contract; `export`, which writes or sends a document
`prometheus`     alerting rules
`influxdb`       series as points in line protocol, sent to a server if asked
`grafana`        a dashboard over the metrics of ``nbmodel serve``
===============  ====================================================================

A new system is a file here with an `EXPORTER` (see `base`), and a row in `EXPORTERS`. Its library
is imported at its first use. Other packages add systems by entry points.
"""

from __future__ import annotations

from collections.abc import Mapping

from nbmodel import plugins

EXPORTERS: Mapping[str, str] = {
    "prometheus": "nbmodel.monitor.exporters.prometheus",
    "influxdb": "nbmodel.monitor.exporters.influxdb",
    "grafana": "nbmodel.monitor.exporters.grafana",
}


def exporter_names() -> tuple[str, ...]:
    """Return nbmodel's systems, then those of the entry points ``nbmodel.exporters``.

    Plug-ins are not imported.
    """
    points = plugins.plugin_points(plugins.EXPORTER_GROUP)
    return (*EXPORTERS, *(name for name in points if name not in EXPORTERS))
