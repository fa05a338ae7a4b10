"""A dashboard for Grafana, over the metrics that Prometheus scrapes from `nbmodel serve`.

It is built with grafana-foundation-sdk, whose types are generated from Grafana's own schema. To use
it, import the file in Grafana (Dashboards, New, Import) and choose the Prometheus data source.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.exporters.base import Exporter, ExportSubject

SDK = "grafana_foundation_sdk"
SOURCE = "${datasource}"
PANEL_WIDTH, PANEL_HEIGHT = 12, 8  # of a panel; a page is 24 units wide
QUANTILES = (0.5, 0.95, 0.99)

Query = tuple[str, str]  # PromQL expression and legend


def document(subject: ExportSubject) -> str:
    """Return the dashboard as JSON."""
    board = _sdk("builders.dashboard")
    types = _sdk("models.dashboard")
    dashboard = (
        board.Dashboard(f"nbmodel: {subject.model}")
        .uid(_uid(subject.model))
        .tags(["nbmodel", subject.model])
        .tooltip(types.DashboardCursorSync.CROSSHAIR)
        .refresh("1m")
        .time("now-24h", "now")
        .with_variable(
            board.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
        .annotation(_versions(subject.model))
    )
    numbers = count(1)
    for title, panels in _rows(f'{{model="{subject.model}"}}', subject.model).items():
        dashboard = dashboard.with_row(board.Row(title).id(next(numbers)))
        for name, unit, queries in panels:
            dashboard = dashboard.with_panel(_panel(name, unit, queries).id(next(numbers)))
    encoder = _sdk("cog.encoder").JSONEncoder
    return json.dumps(dashboard.build(), cls=encoder, indent=2, sort_keys=True) + "\n"


def _rows(own: str, model: str) -> dict[str, list[tuple[str, str, list[Query]]]]:
    """Return title, unit and queries of each panel, by row; `own` selects the model's series."""
    failed = f'{{model="{model}",code!="200"}}'
    seconds = f"sum by (le) (rate(nbmodel_request_duration_seconds_bucket{own}[$__rate_interval]))"
    quantiles = [(f"histogram_quantile({q}, {seconds})", f"{q:.0%}") for q in QUANTILES]
    return {
        "Traffic": [
            ("Requests", "reqps", [_rate("requests_total", own, "version")]),
            ("Refused and failed", "reqps", [_rate("requests_total", failed, "code")]),
            ("Latency of answers", "s", quantiles),
            ("Rows scored", "short", [_rate("predictions_total", own, "version")]),
        ],
        "Model": [
            (
                "Drift: stability index of each column", "short",
                [_largest("drift_ratio", own, "version, column", "{{version}} {{column}}")],
            ),
            (
                "Quality", "short",
                [
                    _largest(name, own, "version, metric", "{{version}} {{metric}}")
                    for name in ("quality_ratio", "quality_error")
                ],
            ),
            (
                "Firing alerts", "short",
                [_largest("alert_firing", own, "version, stage, rule", "{{version}} {{rule}}")],
            ),
            (
                "Time since the last evaluation of the log", "s",
                [
                    (
                        "time() - max by (model) "
                        f"(nbmodel_watch_last_success_timestamp_seconds{own} > 0)",
                        "{{model}}",
                    )
                ],
            ),
        ],
    }  # fmt: skip


def _rate(metric: str, matching: str, by: str) -> Query:
    expression = f"sum by ({by}) (rate(nbmodel_{metric}{matching}[$__rate_interval]))"
    return expression, f"{{{{{by}}}}}"


def _largest(metric: str, own: str, by: str, legend: str) -> Query:
    """Return one series for all servers, because servers with the same log have the same values."""
    return f"max by ({by}) (nbmodel_{metric}{own})", legend


def _panel(title: str, unit: str, queries: list[Query]) -> Any:
    query = _sdk("builders.prometheus").Dataquery
    common, models = _sdk("builders.common"), _sdk("models.common")
    panel = (
        _sdk("builders.timeseries")
        .Panel()
        .title(title)
        .unit(unit)
        .span(PANEL_WIDTH)
        .height(PANEL_HEIGHT)
        .datasource(_source())
        .line_width(1)
        .fill_opacity(6)
        .legend(
            common.VizLegendOptions()
            .display_mode(models.LegendDisplayMode.LIST)
            .placement(models.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(models.TooltipDisplayMode.MULTI)
            .sort(models.SortOrder.DESCENDING)
        )
    )
    for index, (expression, legend) in enumerate(queries):
        panel = panel.with_target(
            query().expr(expression).legend_format(legend).ref_id(chr(ord("A") + index)).range()
        )
    return panel


def _versions(model: str) -> Any:
    """Annotate the start of a version: it did not exist a minute earlier."""
    served = f'nbmodel_served_info{{model="{model}"}}'
    board = _sdk("builders.dashboard")
    return (
        board.AnnotationQuery()
        .name("Versions")
        .datasource(_source())
        .enable(True)
        .icon_color("purple")
        .expr(f"max by (version) ({served}) unless max by (version) ({served} offset 1m)")
    )


def _source() -> Any:
    return _sdk("models.dashboard").DataSourceRef(type_val="prometheus", uid=SOURCE)


def _uid(model: str) -> str:
    """Return an id of at most 40 characters, the limit of Grafana."""
    return f"nbmodel-{model}"[:40]


def _sdk(module: str) -> Any:
    return import_optional(f"{SDK}.{module}", "A dashboard for Grafana", "grafana")


EXPORTER = Exporter("A dashboard", document)
