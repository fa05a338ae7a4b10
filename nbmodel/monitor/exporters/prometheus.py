"""Alerting rules for Prometheus, over the metrics that `nbmodel serve` shows at ``/metrics``.

Sources: Prometheus documentation, "Alerting rules", "Recording rules" (format of rule files) and
"Querying basics" (strings are escaped as in Go).

The server evaluates the alerts of a model itself (``nbmodel_alert_firing``), because it has the log
and its windows. The texts of rules occur only in matchers. Annotations refer to labels, whose
values Prometheus does not expand.
"""

from __future__ import annotations

import json
from typing import Any

from nbmodel import refs
from nbmodel.display import line, visible
from nbmodel.monitor.alerts.alert import Alert, not_evaluated
from nbmodel.monitor.common.optional import import_optional
from nbmodel.monitor.exporters.base import Exporter, ExportSubject

MAX_ERROR_SHARE = 0.05  # share of requests that the server failed
MAX_LATENCY_SECONDS = 0.5  # of the 99th percentile
MAX_WATCH_AGE_SECONDS = 900  # since the log was last evaluated

# A stage whose name reads as another selector is written with `#`: see `refs.stage_selector`.
_SELECTOR = (
    f"{{{{ if match `^{refs.RESERVED_STAGE}$` $labels.stage }}}}#{{{{ else }}}}@{{{{ end }}}}"
    "{{ $labels.stage }}"
)


def document(subject: ExportSubject) -> str:
    """Return a rule file: the alerts of the model, and alerts that every served model needs.

    Comments name the alerts that are not evaluated here. A rule for one would never fire.
    """
    rules = [_model_alert(alert) for alert in subject.alerts] + _default_alerts(subject.model)
    groups = {"groups": [{"name": f"nbmodel-{subject.model}", "rules": rules}]}
    yaml = import_optional("yaml", "Alerting rules for Prometheus")
    comments = [f"# {line(a.rule)} is {line(not_evaluated(a))}.\n" for a in subject.unavailable]
    text = yaml.safe_dump(groups, sort_keys=False, allow_unicode=True, width=4096)
    return "".join([*comments, text])


def _model_alert(alert: Alert) -> dict[str, Any]:
    labels = {"model": alert.model, "rule": visible(alert.rule)}
    labels |= {"stage": alert.stage} if alert.stage else {}
    rollback = f'%model_rollback {{{{ $labels.model }}}}{_SELECTOR} -m "alert {alert.id}"'
    return {
        "alert": "NbmodelRule",
        "expr": f"max by (model, version, stage, rule) (nbmodel_alert_firing{_matchers(labels)})"
        " == 1",
        "labels": {"severity": "warning", "alert_id": alert.id},
        "annotations": {
            "summary": "{{ $labels.version }}: {{ $labels.rule }}",
            "description": "The rule fires for the version that serves.",
            "rollback": f"{{{{ if $labels.stage }}}}{rollback}{{{{ end }}}}",
        },
    }


def _default_alerts(model: str) -> list[dict[str, Any]]:
    own = _matchers({"model": model})
    failed = _matchers({"model": model}, 'code=~"5.."')
    requests, seconds = "nbmodel_requests_total", "nbmodel_request_duration_seconds_bucket"
    return [
        _alert(
            "NbmodelDown", f"absent(nbmodel_served_info{own})", "2m", "critical",
            f"No server answers for {model}.",
        ),
        _alert(
            "NbmodelErrors",
            f"sum by (model) (rate({requests}{failed}[5m])) / "
            f"sum by (model) (rate({requests}{own}[5m])) > {MAX_ERROR_SHARE}",
            "5m", "critical",
            "{{ $value | humanizePercentage }} of the requests to {{ $labels.model }} fail.",
        ),
        _alert(
            "NbmodelSlow",
            "histogram_quantile(0.99, sum by (le, model, version) "
            f"(rate({seconds}{own}[5m]))) > {MAX_LATENCY_SECONDS}",
            "10m", "warning",
            "One request in a hundred to {{ $labels.version }} takes {{ $value | humanizeDuration "
            "}} or more.",
        ),
        _alert(
            "NbmodelNotWatched",
            f"time() - max by (model) (nbmodel_watch_last_success_timestamp_seconds{own}) "
            f"> {MAX_WATCH_AGE_SECONDS}",
            "5m", "warning",
            "The log of {{ $labels.model }} is not evaluated: drift and alerts are unknown.",
        ),
        _alert(
            "NbmodelLogDrops",
            "increase(nbmodel_log_rows_total"
            f"{_matchers({'model': model, 'state': 'dropped'})}[15m]) > 0",
            "0m", "warning",
            "Rows of {{ $labels.model }} are not logged: the log is too slow or full.",
        ),
    ]  # fmt: skip


def _alert(
    name: str, expression: str, duration: str, severity: str, summary: str
) -> dict[str, Any]:
    return {
        "alert": name, "expr": expression, "for": duration,
        "labels": {"severity": severity}, "annotations": {"summary": summary},
    }  # fmt: skip


def _matchers(labels: dict[str, str], *others: str) -> str:
    """Return label matchers of PromQL; strings in JSON are valid strings in Go."""
    equal = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
    return f"{{{','.join([*equal, *others])}}}"


EXPORTER = Exporter("Alerting rules", document)
