"""Alerting rules for Prometheus, over what `nbmodel serve` tells at ``/metrics``.

Source: Prometheus documentation, "Alerting rules", "Recording rules" (format of rule files) and
"Querying basics" (strings are escaped as Go does). Rules of the model say whether they fire
themselves (``nbmodel_alert_firing``): their windows are counted where the log lies. Texts of the
rules stand in matchers only; annotations name labels, whose values Prometheus does not expand.
"""

from __future__ import annotations

import json
from typing import Any

from nbmodel.display import visible
from nbmodel.monitor.alerts.store import Alert
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.exporters.base import Exporter, ExportSubject

MAX_ERROR_SHARE = 0.05  # share of requests that the server failed
MAX_LATENCY_SECONDS = 0.5  # seconds, of one request in a hundred
MAX_WATCH_AGE_SECONDS = 900  # seconds without a look at the log


def document(subject: ExportSubject) -> str:
    """A rule file: the model's own alerts, then those that any served model should have."""
    rules = [_of(alert) for alert in subject.alerts] + _defaults(subject.model)
    groups = {"groups": [{"name": f"nbmodel-{subject.model}", "rules": rules}]}
    yaml = import_optional("yaml", "Alerting rules for Prometheus")
    return str(yaml.safe_dump(groups, sort_keys=False, allow_unicode=True, width=4096))


def _of(alert: Alert) -> dict[str, Any]:
    labels = {"model": alert.model, "rule": visible(alert.rule)}
    labels |= {"stage": alert.stage} if alert.stage else {}
    back = '%model_rollback {{ $labels.model }}#{{ $labels.stage }} -m "alert ' + alert.id + '"'
    return {
        "alert": "NbmodelRule",
        "expr": f"max by (model, version, stage, rule) (nbmodel_alert_firing{_matching(labels)})"
        " == 1",
        "labels": {"severity": "warning", "alert_id": alert.id},
        "annotations": {
            "summary": "{{ $labels.version }}: {{ $labels.rule }}",
            "description": "The rule holds for the version that serves.",
            "rollback": f"{{{{ if $labels.stage }}}}{back}{{{{ end }}}}",
        },
    }


def _defaults(model: str) -> list[dict[str, Any]]:
    own = _matching({"model": model})
    failed = _matching({"model": model}, 'code=~"5.."')
    requests, seconds = "nbmodel_requests_total", "nbmodel_request_duration_seconds_bucket"
    return [
        _rule(
            "NbmodelDown", f"absent(nbmodel_served_info{own})", "2m", "critical",
            f"No server answers for {model}.",
        ),
        _rule(
            "NbmodelErrors",
            f"sum by (model) (rate({requests}{failed}[5m])) / "
            f"sum by (model) (rate({requests}{own}[5m])) > {MAX_ERROR_SHARE}",
            "5m", "critical",
            "{{ $value | humanizePercentage }} of the requests to {{ $labels.model }} fail.",
        ),
        _rule(
            "NbmodelSlow",
            "histogram_quantile(0.99, sum by (le, model, version) "
            f"(rate({seconds}{own}[5m]))) > {MAX_LATENCY_SECONDS}",
            "10m", "warning",
            "One request in a hundred to {{ $labels.version }} takes {{ $value | humanizeDuration "
            "}} or more.",
        ),
        _rule(
            "NbmodelNotWatched",
            f"time() - max by (model) (nbmodel_watch_last_success_timestamp_seconds{own}) "
            f"> {MAX_WATCH_AGE_SECONDS}",
            "5m", "warning",
            "Nobody looks at the log of {{ $labels.model }}: drift and alerts are not known.",
        ),
        _rule(
            "NbmodelLogDrops",
            "increase(nbmodel_log_rows_total"
            f"{_matching({'model': model, 'state': 'dropped'})}[15m]) > 0",
            "0m", "warning",
            "Rows of {{ $labels.model }} are lost to the log: it does not keep up, or is full.",
        ),
    ]  # fmt: skip


def _rule(name: str, expression: str, lasting: str, severity: str, summary: str) -> dict[str, Any]:
    return {
        "alert": name, "expr": expression, "for": lasting,
        "labels": {"severity": severity}, "annotations": {"summary": summary},
    }  # fmt: skip


def _matching(labels: dict[str, str], *others: str) -> str:
    """Label matchers of PromQL; JSON escapes a string in a way that Go's rules read."""
    equal = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
    return f"{{{','.join([*equal, *others])}}}"


EXPORTER = Exporter("Alerting rules", document)
