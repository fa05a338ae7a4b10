"""Other systems that watch: a model's alerts and series in their own formats.

A new system is one file here with an `EXPORTER` (see `base`), and one line in `EXPORTERS`; its
library is imported when it is asked for the first time.
"""

from __future__ import annotations

from collections.abc import Mapping

EXPORTERS: Mapping[str, str] = {
    "prometheus": "nbmodel.monitor.exporters.prometheus",
    "influxdb": "nbmodel.monitor.exporters.influxdb",
    "grafana": "nbmodel.monitor.exporters.grafana",
}
